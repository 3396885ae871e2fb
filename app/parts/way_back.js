// Signing in ends on the dashboard's first page. What was asked for is kept in the tab meanwhile, and opened when somebody has come in.
const KEY = "stmp-asked-for"

export default function ({ data }) {
  const asked = sessionStorage.getItem(KEY)
  if (!data.inside) {
    sessionStorage.setItem(KEY, location.pathname + location.search)
  } else if (asked !== null) {
    sessionStorage.removeItem(KEY)
    if (asked !== "/" && asked !== location.pathname + location.search) location.replace(asked)
  }
}
