"""What the prior believes of retail markets: every distribution that ``draw_market`` draws from.

INVENTED unless a line says otherwise: the ranges are wide on purpose, for a network that is pretrained on them has to find out
from a market's own past which part of a range it is in. They are not estimates, but not blind either: ranges of noise, drift,
growth, volume, holidays, festival strength and sensitivity were moved or widened until the past of two real markets lay well
inside (parcels until 2021-10-27, with 618 of 2021; favorita until 2014-12-13, with Christmas 2013).
KNOWN marks what common knowledge motivated; no source was consulted. DATA marks what the notes on our real data sets say, which
describe their whole span. Spreads are standard deviations of log volume unless a line says otherwise; "share" is a share of markets.
"""

from __future__ import annotations

from stmp.prior.distributions import Chance, Choice, LogUniform, Normal, Uniform, Whole

# Size ----------------------------------------------------------------------------------------------
REGIONS = Whole(5, 40)
YEARS = LogUniform(1.0, 5.0)
DAYS_AHEAD = Whole(60, 120)  # how far the calendar reaches past the panel; the readers of real calendars derive 60
FIRST_YEAR = Whole(2005, 2024)
CATEGORIES = Choice((("1", 0.75), ("2", 0.15), ("3", 0.10)))
MARKET_VOLUME = LogUniform(10, 40_000)  # orders of a middling region and category on a middling day
REGION_SPREAD = Uniform(0.3, 1.6)  # KNOWN: cities of a country differ by orders of magnitude
VOLUMES = (1.0, 100_000.0)  # no usual day of a region and category lies outside
CAPITAL = Chance(0.2)  # share of markets that one region dominates. DATA: a web shop sells nearly all in its own country
CAPITAL_SIZE = Uniform(0.5, 3.0)  # log volume it has besides
CATEGORY_SPREAD = Uniform(0.2, 1.0)
TASTE_SPREAD = Uniform(0.05, 0.4)  # region by category, persistent

# Level and trend -----------------------------------------------------------------------------------
RESTLESSNESS = LogUniform(0.05, 1.6)  # factor on a market's drifts, breaks and shocks, another on its noise: some are calm throughout
PACE = LogUniform(0.01, 0.5)  # log change a year
GROWTH = Normal(0.2, 0.8)  # common, in units of PACE. KNOWN: online retail grew by 10 to 30 % a year for long, shops by little
REGION_GROWTH = Normal(0.0, 0.5)  # region's departure from it, in units of PACE
COMMON_DRIFT = LogUniform(0.02, 0.30)  # spread of the slow common wandering
REGION_DRIFT = LogUniform(0.02, 0.35)
LOADING_SPREAD = Uniform(0.0, 0.6)  # between the factors with which regions follow what is common
DRIFT_DAYS = LogUniform(20, 1000)  # within which a drift forgets where it was
COMMON_BREAKS_A_YEAR = 0.2
REGION_BREAKS_A_YEAR = LogUniform(0.02, 0.6)
BREAK_SIZE = Normal(0.0, 0.35)
BREAK_DAYS = LogUniform(1, 20)  # a break takes so long
NEW_REGIONS = Chance(0.35)  # share of markets into which regions come late
NEW_REGION_SHARE = Uniform(0.05, 0.4)
OPENS_AFTER = Uniform(0.02, 0.85)  # part of the panel
RAMP = Uniform(0.0, 2.0)  # log deficit of the first day
RAMP_DAYS = LogUniform(3, 90)
CLOSING = Chance(0.35)  # share of markets whose regions close for a while
CLOSURES_A_YEAR = LogUniform(0.05, 1.0)  # of a region
CLOSURE_DAYS = LogUniform(3, 45)
ABSENT_IS_ZERO = Chance(0.5)  # share of markets that write a closed day as 0; the others leave it out
GAPS = Chance(0.35)  # share of markets with days missing at random
GAP_SHARE = LogUniform(0.0005, 0.03)
LOST_DAYS = Chance(0.2)  # DATA: share of markets with single days missing everywhere
LOCKDOWNS_A_YEAR = 0.3  # DATA: epidemics, strikes and earthquakes close or flood several cities at once
LOCKDOWN_DEPTH = Normal(-0.4, 0.5)
LOCKDOWN_OWN_SPREAD = 0.3
LOCKDOWN_DAYS = LogUniform(7, 75)
LOCKDOWN_SHARE = Uniform(0.15, 1.0)  # of the regions
LOCAL_EVENTS_A_YEAR = LogUniform(0.05, 3.0)  # of a region
LOCAL_EVENT_SIZE = Normal(0.0, 0.3)
LOCAL_EVENT_DAYS = LogUniform(1, 14)

# Seasons -------------------------------------------------------------------------------------------
WEEK = LogUniform(0.01, 0.4)
WEEKEND = Normal(0.0, 0.8)  # the day off's own part of the week, in units of WEEK
WEEK_OWN = Uniform(0.05, 0.7)  # region's departure from the market's week, in units of WEEK
WEEK_CHANGE = Uniform(0.0, 0.6)  # from the panel's first day to its last, in units of WEEK
SHUT_WEEKDAY = Chance(0.06)  # DATA: shops of some countries rest on Sundays, a British web shop on Saturdays
SHUT_DEPTH = Uniform(-8.0, -3.0)
YEAR = LogUniform(0.01, 0.25)
YEAR_WAVES = Whole(1, 8)  # the more, the rougher
YEAR_OWN = LogUniform(0.05, 0.6)  # region's departure from the market's season, in units of YEAR
PAYDAYS = Choice((("0", 0.6), ("1", 0.25), ("2", 0.15)))  # KNOWN: wages come on the same days of every month
PAYDAY = LogUniform(0.01, 0.2)  # log volume on the day itself
PAYDAY_FADES = LogUniform(1, 12)  # days
PAYDAY_OWN = Uniform(0.0, 0.5)  # spread of a region's log factor

# Public holidays -----------------------------------------------------------------------------------
HOLIDAYS = Chance(0.82)  # share of markets whose calendar names any
HOLIDAYS_A_YEAR = Whole(1, 12)
FRIDAY_WEEKEND = Chance(0.04)  # KNOWN: Friday and Saturday are the days off in parts of the world
LONG_HOLIDAY = Chance(0.3)
LONG_HOLIDAY_DAYS = Whole(2, 8)  # KNOWN: Spring Festival and National Day, 7 or 8
MAKE_UP = Chance(0.3)  # share of markets that work on weekends around long holidays. KNOWN: China's calendar
MOON_HOLIDAY = Chance(0.3)  # KNOWN: Spring Festival, Easter, Eid, Diwali
WEEKDAY_HOLIDAY = Chance(0.2)
HOLIDAY_MEAN = Normal(-0.1, 0.25)  # of a market's holidays
HOLIDAY_SPREAD = LogUniform(0.03, 0.9)  # between them
HOLIDAY_MOST = 0.7  # no holiday lifts the market by more: what does is a festival
HOLIDAY_YEAR_SPREAD = LogUniform(0.02, 0.15)
HOLIDAY_REGION_SPREAD = LogUniform(0.02, 0.25)
SHUT_HOLIDAY = Chance(0.07)  # of a holiday. DATA: supermarkets that shut on Christmas Day
SHUT_SHARE = Uniform(0.7, 1.5)  # of the regions, on such a holiday; all of them above 1
HOLIDAY_REACH = Chance(0.35)  # of a holiday: felt in the days around
HOLIDAY_REACH_DAYS = LogUniform(1, 7)  # KNOWN: cities empty and fill again over a week or two at the Spring Festival
HOLIDAY_EVE = Normal(0.0, 0.8)  # the part of the effect that the days before feel, of the size of the effect and of either sign

# Festivals -----------------------------------------------------------------------------------------
FESTIVALS = Whole(1, 6)
KEPT_BY = Choice((("date", 0.6), ("moon", 0.2), ("weekday", 0.2)))  # KNOWN: 11 November, the lunar New Year, Mother's Day
STRENGTH = LogUniform(0.12, 1.3)  # a market's middling festival; DATA: Double 11 is 2 to 4 times a usual day, Christmas 1.5 to 2
STRENGTH_SPREAD = LogUniform(0.2, 0.8)  # of log strength between a market's festivals, so that others tell of one never seen
STRENGTHS = (0.05, 2.5)
NEGATIVE = Chance(0.05)
SPREADS_GROW = 0.5  # the spreads below hold for a strength of 1 and change with its square root
YEAR_SPREAD = LogUniform(0.01, 0.3)
FESTIVAL_REGION_SPREAD = LogUniform(0.02, 0.4)  # persists over the years
REGION_YEAR_SPREAD = LogUniform(0.01, 0.12)
SENSITIVITY_SPREAD = LogUniform(0.03, 0.9)  # of a region's log factor on all festivals; DATA: sites of one firm peak 1.1 to 12 times
SENSITIVITY_OF_SIZE = Normal(0.0, 0.1)  # log factor for a region one spread larger
FESTIVAL_CATEGORY_SPREAD = LogUniform(0.05, 0.6)  # of a category's log factor
CATEGORY_YEAR_SPREAD = LogUniform(0.02, 0.15)
CAREER = Choice((("steady", 0.75), ("trend", 0.12), ("late", 0.05), ("fizzles", 0.05), ("once", 0.03)))
TREND_A_YEAR = Normal(0.0, 0.2)  # log factor
FIZZLE = Uniform(0.2, 0.8)  # factor a year, from some year on
APPETITE = LogUniform(0.01, 0.2)  # of the log factor on all festivals of a season: what one of them tells of the next
APPETITE_DAYS = LogUniform(100, 1000)  # within which it forgets where it was
OFF_DAY_FACTOR = Normal(0.0, 0.15)  # change of an uplift that falls on a day off
WEEK_YIELDS = Uniform(0.0, 1.0)  # the part of the week's pattern that gives way on a day of log uplift 1
PEAK_DAYS = Choice((("1", 0.6), ("2", 0.12), ("3", 0.12), ("5", 0.08), ("7", 0.08)))
RUN_UP = Whole(0, 7)
AFTER = Whole(0, 7)
PHASES_FIT = Chance(0.85)  # of a festival: its run-up and after are the days that its course is felt, at most 7
FELT = 0.1  # part of the strength
OPENING = Chance(0.35)  # KNOWN: 618 opens on 1 June, Double 11 on 1 November or in late October
OPENING_DAYS_BEFORE = Whole(5, 20)
MISPLACED = Chance(0.05)  # of a festival: its real days lie a day or two off the calendar's
SOMETIMES_MISPLACED = Chance(0.03)  # and of one holding
UNNAMED = Chance(0.15)  # share of markets with a festival that their calendar does not know
UNNAMED_MOST = 0.4  # its strength at most: a great one would have been noticed

# The course of a festival, as parts of its strength ------------------------------------------------
PEAK_SHAPE = Choice((("decays", 0.45), ("rises", 0.2), ("flat", 0.35)))
PEAK_LOSS = Uniform(0.1, 0.6)  # from the best peak day to the worst
BEFORE = Choice((("nothing", 0.3), ("slump", 0.3), ("build-up", 0.25), ("long build-up", 0.15)))
SLUMP_BEFORE = Uniform(0.05, 0.4)
SLUMP_BEFORE_DAYS = Whole(2, 8)
BUILD_UP = Uniform(0.2, 0.9)  # reached on the day before the peak
BUILD_UP_DAYS = Whole(2, 6)
LONG_BUILD_UP_DAYS = Whole(7, 18)  # KNOWN: Christmas
BUILD_UP_CURVE = LogUniform(0.6, 2.5)
AFTERWARDS = Choice((("nothing", 0.25), ("slump", 0.3), ("spill-over", 0.3), ("crash", 0.15)))
SLUMP_AFTER = Uniform(0.05, 0.4)
CRASH_AFTER = Uniform(0.4, 1.2)
SPILL_OVER = Uniform(0.2, 0.9)
AFTER_DAYS = LogUniform(0.7, 5)  # within which it fades
OPENING_SIZE = Uniform(0.2, 0.9)
OPENING_FADES = LogUniform(0.4, 4)
BETWEEN = Uniform(-0.1, 0.3)  # of the days between the opening and the peak
SHIPPING = Chance(0.25)  # DATA: share of markets that count parcels, which leave on the days after the order
SHIPPED_LATER = Uniform(0.2, 0.9)  # the part of them that waits, of the market
SHIPPED_LATER_SPREAD = 0.15  # and of a region around it
SHIPPED_AFTER = ((0.15, 0.5, 0.25, 0.1), (0.1, 0.3, 0.4, 0.2))  # how the waiting part leaves over days 0 to 3: fast or slow
COURSE_YEAR_SPREAD = LogUniform(0.01, 0.12)  # of each day of the course, from year to year, as a part of strength
COURSE_REGION_SPREAD = LogUniform(0.02, 0.12)  # of each day of the course, between regions, persistent
COURSE_DAY_SPREAD = LogUniform(0.01, 0.1)  # of each day of the course, region and year

# Noise ---------------------------------------------------------------------------------------------
COMMON_NOISE = LogUniform(0.01, 0.15)
REGION_NOISE = LogUniform(0.01, 0.15)
CELL_NOISE = LogUniform(0.01, 0.10)  # region by category, where there are several
NOISE_FACTOR_SPREAD = 0.4  # between regions
NOISE_MEMORY = Uniform(0.0, 0.9)
POISSON = Chance(0.25)  # share of markets with no more noise than that
DISPERSION = LogUniform(4, 3000)  # negative binomial: variance = mean + mean^2 / dispersion
DISPERSION_SPREAD = 0.5
OUTLIERS = LogUniform(0.0002, 0.01)  # share of days
OUTLIER_SIZE = Normal(0.0, 0.5)
COMMON_OUTLIERS = LogUniform(0.0005, 0.01)
COMMON_OUTLIER_SIZE = Normal(0.0, 0.3)

# What else a market may bring ----------------------------------------------------------------------
CARTS = Chance(0.30)
CART_RATE = LogUniform(1.2, 6)
CARTS_FILL = Uniform(0.2, 1.0)  # on the day before the peak, of the uplift of this very year: carts foretell it
CARTS_FILL_DAYS = Whole(3, 12)
CARTS_AT_PEAK = Uniform(0.3, 1.0)
CARTS_SLUMP = Uniform(0.0, 0.4)
CART_UPLIFT_SPREAD = LogUniform(0.02, 0.3)  # how well they foretell it
CART_NOISE = LogUniform(0.02, 0.15)
FACTS = Chance(0.40)
POPULATION_SPREAD = LogUniform(0.1, 1.0)  # of log population around the region's log volume
AREA_SPREAD = 0.8
PROMOTIONS = Chance(0.25)
PROMOTIONS_A_YEAR = LogUniform(2, 20)
PROMOTION_DAYS = LogUniform(2, 21)
PROMOTION_SHARE = Uniform(0.1, 1.0)  # of the regions that take part in one
PROMOTION_EFFECT = LogUniform(0.03, 0.6)  # log change at full depth
PROMOTION_EFFECT_SPREAD = 0.3  # of a region's log factor
