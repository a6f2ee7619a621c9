/* hours.c - opening hours: reading and writing them, and when they open and close. */
#include "shop/hours.h"

#include "base/clock.h"

#define DAY_S   INT64_C(86400)
#define DAY_MIN 1440
#define AHEAD   9 /* days looked at for the next change: more than a week */
#define BEHIND  2 /* days before today whose spans may still last */
#define MONDAY  3 /* days from 1970-01-01, a Thursday, back to a Monday */

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static bool parse_day(struct str word, int *day_r)
{
    for (size_t i = 0; i < ARRAY_LEN(days); i++) {
        if (str_is(word, days[i])) {
            *day_r = (int)i;
            return true;
        }
    }
    return false;
}

/* "HH:MM" as minutes, at most `max`. */
static bool parse_time(struct str text, int max, int *minutes_r)
{
    uint64_t h, m;
    if (text.len != 5 || text.at[2] != ':' || !str_to_u64((struct str){text.at, 2}, 24, &h) ||
        !str_to_u64((struct str){text.at + 3, 2}, 59, &m))
        return false;
    *minutes_r = (int)(h * 60 + m);
    return *minutes_r <= max;
}

static const char *check_span(const json_t *value, struct span *s, const char **member_r)
{
    *member_r = "";
    if (!json_is_object(value))
        return "must be {day,from,to}";
    *member_r = "/day";
    if (!parse_day(json_text(value, "day"), &s->day))
        return "must be mon, tue, wed, thu, fri, sat or sun";
    *member_r = "/from";
    if (!parse_time(json_text(value, "from"), DAY_MIN - 1, &s->from))
        return "must be HH:MM, 00:00 to 23:59";
    *member_r = "/to";
    if (!parse_time(json_text(value, "to"), DAY_MIN, &s->to))
        return "must be HH:MM, 00:00 to 24:00";
    if (s->to <= s->from)
        s->to += DAY_MIN;
    return NULL;
}

const char *hours_check(const json_t *document, struct arena *arena, struct hours *hours_r,
                        const char **pointer_r)
{
    size_t count = json_array_size(document);
    *hours_r = (struct hours){.always = json_is_null(document)};
    *pointer_r = "";
    if (hours_r->always)
        return NULL;
    if (!json_is_array(document) || count > HOURS_SPANS_MAX)
        return "must be null, or an array of at most 50 spans";
    for (size_t i = 0; i < count; i++) {
        const char *member;
        const char *why = check_span(json_array_get(document, i), &hours_r->spans[i], &member);
        if (why) {
            *pointer_r = arena_printf(arena, "/%zu%s", i, member);
            return why;
        }
    }
    hours_r->count = count;
    return NULL;
}

struct hours hours_parse(struct str text, struct arena *arena)
{
    const char *why = "";
    const char *pointer;
    struct hours h;
    if (!text.at)
        return (struct hours){.always = true};
    json_t *document = json_read(text, &why);
    if (!document || hours_check(document, arena, &h, &pointer))
        h = (struct hours){0};
    json_decref(document);
    return h;
}

static void write_time(struct jout *j, const char *key, int minutes)
{
    struct buf text = {0};
    buf_addf(&text, "%02d:%02d", minutes / 60, minutes % 60);
    jout_field_str(j, key, buf_str(&text));
    buf_fini(&text);
}

void hours_write(struct jout *j, const struct hours *h)
{
    if (h->always) {
        jout_null(j);
        return;
    }
    jout_array(j);
    for (size_t i = 0; i < h->count; i++) {
        const struct span *s = &h->spans[i];
        jout_object(j);
        jout_field_cstr(j, "day", days[s->day]);
        write_time(j, "from", s->from);
        write_time(j, "to", s->to > DAY_MIN ? s->to - DAY_MIN : s->to);
        jout_object_end(j);
    }
    jout_array_end(j);
}

bool hours_equal(const struct hours *a, const struct hours *b)
{
    if (a->always != b->always || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->spans[i].day != b->spans[i].day || a->spans[i].from != b->spans[i].from ||
            a->spans[i].to != b->spans[i].to)
            return false;
    return true;
}

/* A span of one certain day, as moments. */
struct period {
    int64_t from; /* UTC seconds */
    int64_t to;   /* the first second when it is over */
};

/* Those of the days around a moment; returns how many. Each span falls on every seventh day. */
static size_t list_periods(const struct hours *h, const struct zone *z, int64_t now_s,
                           struct period *out)
{
    int64_t local_s = now_s + zone_offset(z, now_s);
    int64_t today = local_s / DAY_S - (local_s % DAY_S < 0);
    size_t count = 0;
    for (int64_t day = today - BEHIND; day <= today + AHEAD; day++) {
        int weekday = (int)(((day + MONDAY) % 7 + 7) % 7);
        for (size_t i = 0; i < h->count; i++) {
            const struct span *s = &h->spans[i];
            if (s->day == weekday)
                out[count++] = (struct period){
                    zone_instant(z, day * DAY_S + s->from * 60),
                    zone_instant(z, day * DAY_S + s->to * 60),
                };
        }
    }
    return count;
}

/* From `from_s` on, the end of what is open without a break. */
static int64_t open_until(const struct period *periods, size_t count, int64_t from_s)
{
    int64_t end = from_s;
    for (size_t i = 0; i < count; i++) {
        if (periods[i].from <= end && periods[i].to > end) {
            end = periods[i].to;
            i = (size_t)-1; /* it may reach into one that was passed over */
        }
    }
    return end;
}

bool hours_open(const struct hours *h, const struct zone *z, int64_t utc_us, int64_t *next_us_r)
{
    /* Of twelve days a span falls on two at most. */
    struct period periods[HOURS_SPANS_MAX * 2];
    int64_t now_s = utc_us / US_PER_S;
    *next_us_r = HOURS_NEVER;
    if (h->always || h->count == 0)
        return h->always;
    size_t count = list_periods(h, z, now_s, periods);
    int64_t next = open_until(periods, count, now_s);
    bool open = next > now_s;
    if (!open) {
        next = now_s + AHEAD * DAY_S;
        for (size_t i = 0; i < count; i++)
            if (periods[i].from > now_s && periods[i].from < next &&
                periods[i].to > periods[i].from)
                next = periods[i].from;
    }
    *next_us_r = next * US_PER_S;
    return open;
}
