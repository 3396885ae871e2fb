"""What has changed since the open version was saved, and by how much."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from app import loading, offers
from app.faults import in_detail
from app.formats import plain, signed_percent, signed_volume, volume
from app.inputs.sidebar import Choice
from app.language import label, t
from app.parts.plans.words import moment
from stmp.errors import StmpError
from stmp.forecast import Forecast
from stmp.plans import Alert, Figures, Version, alert

FURTHEST = 3  # districts that are named


@dataclass(frozen=True)
class Since:
    """A version, and what the present data and the checkpoint chosen forecast of its own question."""

    version: Version
    forecast: Forecast
    alert: Alert


def since(choice: Choice, version: Version) -> Since | None:
    """Forecast the version's question anew; None, and told, where that cannot be done any more."""
    question, saved = choice.question, version.content
    asked = replace(question, cutoff=pd.Timestamp(saved.cutoff), horizon=saved.horizon, scenario=saved.scenario, seed=saved.seed)
    try:
        forecast = loading.run(asked).forecast
    except StmpError as error:
        title = t("Version {number} cannot be forecast anew; its numbers as saved are kept", number=version.number)
        st.warning(plain(in_detail(str(error))), title=title, icon=":material/update_disabled:")
        return None
    on_hand = [offer.card.weights_sha256 for offer in offers.checkpoints(question.market)[0]]
    found = alert(saved, Figures.of(forecast), question.market.digest, question.offer.card.weights_sha256, on_hand)
    return Since(version, forecast, found)


def changed(found: Since, choice: Choice, names: pd.Series) -> None:
    """Tell it: a warning with what changed and by how much, or a line that nothing has."""
    version, alert = found.version, found.alert
    if alert.quiet:
        st.caption(
            t(
                "Since version {number} was saved on {moment}, neither the data nor the checkpoint has changed.",
                number=version.number,
                moment=moment(version.made_at),
            )
        )
        return
    lines = []
    if alert.data:
        lines.append(t("The market's data have changed."))
    name = version.content.checkpoint_name
    if alert.checkpoint == "gone":
        lines.append(
            t("Its checkpoint, {name}, is not here any more; {other} answers instead.", name=name, other=choice.question.offer.name)
        )
    if alert.checkpoint == "other":
        lines.append(t("Another checkpoint is chosen: {other} instead of {name}.", name=name, other=choice.question.offer.name))
    saved, now, relative = volume(alert.saved), volume(alert.now), signed_percent(alert.relative)
    unit = label(choice.question.market.about.unit)
    if alert.now == alert.saved:
        lines.append(t("The statistical forecast of the same days is what it was, {saved} {unit}.", saved=saved, unit=unit))
    else:
        moved = t(
            "The statistical forecast of the same days moved from {saved} to {now} {unit}, {relative}.",
            saved=saved,
            now=now,
            unit=unit,
            relative=relative,
        )
        lines.append(moved)
    furthest = alert.districts[alert.districts["change"].abs() > 0].head(FURTHEST)
    districts = [
        t(
            "{district} {change} ({relative})",
            district=names.get(region, region),
            change=signed_volume(change),
            relative=signed_percent(share),
        )
        for region, change, share in zip(furthest.index, furthest["change"], furthest["relative"], strict=True)
    ]
    if districts:
        lines.append(t("The furthest: {districts}.", districts=t(", ").join(districts)))
    title = t("Changed since version {number} was saved on {moment}", number=version.number, moment=moment(version.made_at))
    st.warning("  \n".join(map(plain, lines)), title=title, icon=":material/notifications:")
