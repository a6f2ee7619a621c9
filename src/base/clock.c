/* clock.c - the two clocks, and the texts of time.
 *
 * Calendar arithmetic is our own: the C library's takes a lock, and this runs on every loop. */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

#define DAY_S        INT64_C(86400)
#define YEAR_0_US    (INT64_C(-62167219200) * US_PER_S) /* 0000-01-01 */
#define YEAR_9999_US (INT64_C(253402300800) * US_PER_S - 1)

/* Days from 0000-03-01, where a year that begins in March is easiest to count from, to 1970. */
#define MARCH_0_TO_1970 719468

/* A moment, taken apart; all fields as people write them. */
struct civil {
    int64_t year;
    unsigned month, day, hour, minute, second;
    unsigned us;      /* microseconds of the second */
    unsigned weekday; /* 0 = Sunday */
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000 * NS_PER_MS + ts.tv_nsec;
}

int64_t clock_mono_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

int64_t clock_utc_us(void)
{
    static _Atomic int64_t latest;
    int64_t now = now_ns(CLOCK_REALTIME) / 1000;
    int64_t seen = atomic_load_explicit(&latest, memory_order_relaxed);
    while (now > seen) {
        if (atomic_compare_exchange_weak_explicit(&latest, &seen, now, memory_order_relaxed,
                                                  memory_order_relaxed))
            return now;
    }
    return seen;
}

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Year, month and day from days since 1970; the year is not negative. */
static void set_date(struct civil *c, int64_t days)
{
    /* 400 more years, so that January of year 0 (before the March we count from) is no exception.
     */
    int64_t rest = days + MARCH_0_TO_1970 + 146097;
    int64_t year = rest / 146097 * 400;
    rest %= 146097;
    int64_t centuries = min_of(rest / 36524, 3); /* the fourth century is a day longer */
    rest -= centuries * 36524;
    int64_t fours = rest / 1461;
    rest %= 1461;
    int64_t years = min_of(rest / 365, 3); /* the fourth year is a day longer */
    rest -= years * 365;
    year += centuries * 100 + fours * 4 + years - 400;

    unsigned month = (unsigned)(5 * rest + 2) / 153; /* 0 = March */
    c->day = (unsigned)rest - (153 * month + 2) / 5 + 1;
    c->month = month < 10 ? month + 3 : month - 9;
    c->year = month < 10 ? year : year + 1;
}

static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    int64_t y = year + 400 - (month <= 2);
    int64_t since_march = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * since_march + 2) / 5 + day - 1 -
           MARCH_0_TO_1970 - 146097;
}

static struct civil civil_of(int64_t utc_us)
{
    struct civil c = {0};
    int64_t us = utc_us < YEAR_0_US ? YEAR_0_US : min_of(utc_us, YEAR_9999_US);
    int64_t since_0 = us - YEAR_0_US; /* not negative, so division rounds down */
    int64_t day_0 = since_0 / (DAY_S * US_PER_S);
    int64_t of_day = since_0 % (DAY_S * US_PER_S);
    set_date(&c, day_0 + YEAR_0_US / (DAY_S * US_PER_S));
    c.weekday = (unsigned)((day_0 + 6) % 7); /* 0000-01-01 was a Saturday */
    c.us = (unsigned)(of_day % US_PER_S);
    unsigned second = (unsigned)(of_day / US_PER_S);
    c.hour = second / 3600;
    c.minute = second / 60 % 60;
    c.second = second % 60;
    return c;
}

/* Put `count` decimal digits at *at and move it. */
static void put_digits(char **at, uint64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        (*at)[i] = (char)('0' + value % 10);
    *at += count;
}

/* Digits, and what stands behind them. */
static void put(char **at, uint64_t value, int count, char behind)
{
    put_digits(at, value, count);
    *(*at)++ = behind;
}

size_t clock_iso(int64_t utc_us, char out[CLOCK_TEXT_MAX])
{
    struct civil c = civil_of(utc_us);
    char *at = out;
    put(&at, (uint64_t)c.year, 4, '-');
    put(&at, c.month, 2, '-');
    put(&at, c.day, 2, 'T');
    put(&at, c.hour, 2, ':');
    put(&at, c.minute, 2, ':');
    put(&at, c.second, 2, '.');
    put(&at, c.us, 6, 'Z');
    *at = '\0';
    return (size_t)(at - out);
}

static void put_name(char **at, const char *names, size_t index, char behind)
{
    memcpy(*at, names + index * 3, 3);
    (*at)[3] = behind;
    *at += 4;
}

size_t clock_http_date(int64_t utc_us, char out[CLOCK_TEXT_MAX])
{
    struct civil c = civil_of(utc_us);
    char *at = out;
    put_name(&at, "SunMonTueWedThuFriSat", c.weekday, ',');
    *at++ = ' ';
    put(&at, c.day, 2, ' ');
    put_name(&at, "JanFebMarAprMayJunJulAugSepOctNovDec", c.month - 1, ' ');
    put(&at, (uint64_t)c.year, 4, ' ');
    put(&at, c.hour, 2, ':');
    put(&at, c.minute, 2, ':');
    put(&at, c.second, 2, ' ');
    memcpy(at, "GMT", 4);
    return (size_t)(at + 3 - out);
}

/* Take exactly `count` digits with a value of at most `max` from the front. */
static bool take_digits(struct str *s, size_t count, unsigned max, unsigned *value_r)
{
    uint64_t value;
    if (s->len < count || !str_to_u64((struct str){s->at, count}, max, &value))
        return false;
    *value_r = (unsigned)value;
    *s = (struct str){s->at + count, s->len - count};
    return true;
}

static bool take_char(struct str *s, char either, char or)
{
    if (s->len == 0 || (s->at[0] != either && s->at[0] != or))
        return false;
    *s = (struct str){s->at + 1, s->len - 1};
    return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool take_date(struct str *s, int64_t *days_r)
{
    unsigned year, month, day;
    if (!take_digits(s, 4, 9999, &year) || !take_char(s, '-', '-') ||
        !take_digits(s, 2, 12, &month) || !take_char(s, '-', '-') || !take_digits(s, 2, 31, &day))
        return false;
    if (month < 1 || day < 1 || day > days_in(year, month))
        return false;
    *days_r = days_of(year, month, day);
    return true;
}

/* A leap second (":60") is refused: our times have no place for it. */
static bool take_time(struct str *s, int64_t *seconds_r)
{
    unsigned hour, minute, second;
    if (!take_digits(s, 2, 23, &hour) || !take_char(s, ':', ':') ||
        !take_digits(s, 2, 59, &minute) || !take_char(s, ':', ':') ||
        !take_digits(s, 2, 59, &second))
        return false;
    *seconds_r = hour * 3600 + minute * 60 + second;
    return true;
}

/* The fraction, if there is one, in microseconds. */
static bool take_fraction(struct str *s, int64_t *us_r)
{
    *us_r = 0;
    if (!take_char(s, '.', '.'))
        return true;
    int64_t unit = US_PER_S;
    unsigned digit;
    while (take_digits(s, 1, 9, &digit)) {
        unit /= 10;
        *us_r += digit * unit;
        if (unit == 0)
            return false;
    }
    return unit < US_PER_S;
}

/* What the zone is ahead of UTC, in seconds. */
static bool take_zone(struct str *s, int64_t *ahead_r)
{
    *ahead_r = 0;
    if (take_char(s, 'Z', 'z'))
        return true;
    bool west = s->len > 0 && s->at[0] == '-';
    unsigned hours, minutes;
    if (!take_char(s, '+', '-') || !take_digits(s, 2, 23, &hours) || !take_char(s, ':', ':') ||
        !take_digits(s, 2, 59, &minutes))
        return false;
    *ahead_r = (int64_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

bool clock_parse_iso(struct str text, int64_t *utc_us_r)
{
    int64_t days, seconds, us, ahead;
    if (!take_date(&text, &days) || !take_char(&text, 'T', 't') || !take_time(&text, &seconds) ||
        !take_fraction(&text, &us) || !take_zone(&text, &ahead) || text.len > 0)
        return false;
    *utc_us_r = (days * DAY_S + seconds - ahead) * US_PER_S + us;
    return true;
}
