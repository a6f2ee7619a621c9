/* zone.c - TZif files (RFC 8536) read, and asked for offsets. */
#include "base/zone.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX    65536 /* bytes; the largest known has 3.6 KB */
#define TIMES_MAX   2000  /* transitions */
#define TYPES_MAX   256   /* kinds of local time, RFC 8536 3.2: indices are octets */
#define CHARS_MAX   1024  /* bytes of abbreviations, which nobody reads here */
#define HEADER_SIZE 44
#define OFFSET_MIN  (-89999) /* RFC 8536 3.2, utoff */
#define OFFSET_MAX  93599
#define DAY_S       86400
#define TIME_MAX    (INT64_C(1) << 40) /* beyond it a time counts as this: year 36812 */

/* When a year's clocks change, by the footer. */
struct turn {
    enum { TURN_JULIAN, TURN_DAY, TURN_WEEK } kind; /* Jn, n, Mm.w.d */
    int day;    /* of the year (Jn: from 1, n: from 0), or of the week, 0: Sunday */
    int week;   /* of the month, 5: the last */
    int month;  /* from 1 */
    int32_t at; /* seconds of local time behind that day's beginning */
};

struct zone {
    size_t count;         /* transitions */
    const int64_t *times; /* of those, UTC, rising */
    const int32_t *after; /* the offset from each of them on */
    int32_t before;       /* the offset before the first */
    bool ruled;           /* after the last the footer decides */
    bool summer;          /* it has two offsets */
    int32_t standard;     /* offset */
    int32_t daylight;     /* offset */
    struct turn begins;   /* of daylight time, told in standard time */
    struct turn ends;     /* of daylight time, told in daylight time */
};

/* ---- The calendar ---- */

/* Days from 1970-01-01 to the first of a month. */
static int64_t days_of(int64_t year, int month)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t y = year - 1;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400 - 719162;
    return days + before[month - 1] + (leap && month > 2);
}

static int64_t year_of(int64_t utc_s)
{
    int64_t days = utc_s / DAY_S;
    int64_t year = 1970 + days / 366;
    while (days_of(year + 1, 1) <= days)
        year++;
    return year;
}

/* When a year's clocks change, in seconds as the clocks before the change say it. */
static int64_t turn_at(const struct turn *t, int64_t year)
{
    int64_t first = days_of(year, 1);
    bool leap = days_of(year + 1, 1) - first == 366;
    if (t->kind == TURN_JULIAN)
        return (first + t->day - 1 + (leap && t->day > 59)) * DAY_S + t->at;
    if (t->kind == TURN_DAY)
        return (first + t->day) * DAY_S + t->at;
    int64_t month = days_of(year, t->month);
    int64_t next = t->month == 12 ? days_of(year + 1, 1) : days_of(year, t->month + 1);
    /* 1970-01-01 was a Thursday. */
    int64_t day = month + (t->day - (month + 4) % 7 + 7) % 7 + (t->week - 1) * 7;
    return (day >= next ? day - 7 : day) * DAY_S + t->at;
}

/* ---- The footer: a POSIX TZ string as RFC 8536 3.3 widens it ---- */

static bool eat(struct str *s, char c)
{
    if (s->len == 0 || s->at[0] != c)
        return false;
    *s = (struct str){s->at + 1, s->len - 1};
    return true;
}

static bool read_number(struct str *s, int max, int *value_r)
{
    size_t digits = 0;
    *value_r = 0;
    while (s->len > 0 && s->at[0] >= '0' && s->at[0] <= '9' && digits++ < 3) {
        *value_r = *value_r * 10 + (s->at[0] - '0');
        (void)eat(s, s->at[0]);
    }
    return digits > 0 && *value_r <= max;
}

/* Three letters or more, or anything in angle brackets. */
static bool skip_name(struct str *s)
{
    bool quoted = eat(s, '<');
    size_t len = 0;
    while (s->len > 0 && (quoted ? s->at[0] != '>'
                                 : (s->at[0] >= 'A' && s->at[0] <= 'Z') ||
                                       (s->at[0] >= 'a' && s->at[0] <= 'z'))) {
        (void)eat(s, s->at[0]);
        len++;
    }
    return len >= 3 && (!quoted || eat(s, '>'));
}

/* [+-]hh[:mm[:ss]] as seconds. */
static bool read_time(struct str *s, int max_hours, int32_t *seconds_r)
{
    bool minus = eat(s, '-');
    int h, m = 0, sec = 0;
    if (!minus)
        (void)eat(s, '+');
    if (!read_number(s, max_hours, &h))
        return false;
    if (eat(s, ':') && (!read_number(s, 59, &m) || (eat(s, ':') && !read_number(s, 59, &sec))))
        return false;
    *seconds_r = (h * 3600 + m * 60 + sec) * (minus ? -1 : 1);
    return true;
}

static bool read_turn(struct str *s, struct turn *t)
{
    bool good;
    t->at = 2 * 3600;
    if (eat(s, 'M')) {
        t->kind = TURN_WEEK;
        good = read_number(s, 12, &t->month) && t->month > 0 && eat(s, '.') &&
               read_number(s, 5, &t->week) && t->week > 0 && eat(s, '.') &&
               read_number(s, 6, &t->day);
    } else {
        t->kind = eat(s, 'J') ? TURN_JULIAN : TURN_DAY;
        good = read_number(s, 365, &t->day) && (t->kind == TURN_DAY || t->day > 0);
    }
    return good && (!eat(s, '/') || read_time(s, 167, &t->at));
}

/* Offsets in it count westward. */
static bool read_footer(struct zone *z, struct str s)
{
    int32_t west;
    if (!skip_name(&s) || !read_time(&s, 24, &west))
        return false;
    z->standard = -west;
    z->ruled = true;
    z->summer = s.len > 0;
    if (!z->summer)
        return true;
    if (!skip_name(&s))
        return false;
    z->daylight = z->standard + 3600;
    if (s.len > 0 && s.at[0] != ',') {
        if (!read_time(&s, 24, &west))
            return false;
        z->daylight = -west;
    }
    return eat(&s, ',') && read_turn(&s, &z->begins) && eat(&s, ',') && read_turn(&s, &z->ends) &&
           s.len == 0;
}

/* ---- The file ---- */

static int64_t read_be(const char *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | (uint8_t)at[i];
    return bytes == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

/* The counts of a header, in the order of RFC 8536 3.1. */
enum { ISUT, ISSTD, LEAP, TIME, TYPE, CHAR, COUNTS };

static const char *read_header(struct str file, size_t counts[COUNTS])
{
    static const size_t caps[COUNTS] = {TYPES_MAX, TYPES_MAX, 0, TIMES_MAX, TYPES_MAX, CHARS_MAX};
    if (file.len < HEADER_SIZE || memcmp(file.at, "TZif", 4) != 0)
        return "not a time zone file";
    if (file.at[4] < '2')
        return "a time zone file of version 1";
    for (size_t i = 0; i < COUNTS; i++) {
        counts[i] = (uint32_t)read_be(file.at + 20 + i * 4, 4);
        if (counts[i] > caps[i])
            return i == LEAP ? "a time zone with leap seconds" : "too much in a time zone file";
    }
    return counts[TYPE] == 0 ? "a time zone without local time" : NULL;
}

static size_t block_size(const size_t counts[COUNTS], size_t time_size)
{
    return counts[TIME] * (time_size + 1) + counts[TYPE] * 6 + counts[CHAR] + counts[ISSTD] +
           counts[ISUT];
}

static bool good_offset(int64_t offset)
{
    return offset >= OFFSET_MIN && offset <= OFFSET_MAX;
}

/* The version 2 block at `at`, whose size was checked. */
static const char *read_block(struct zone *z, const char *at, const size_t counts[COUNTS],
                              struct arena *arena)
{
    int64_t *times = arena_alloc(arena, (counts[TIME] + 1) * sizeof *times);
    int32_t *after = arena_alloc(arena, (counts[TIME] + 1) * sizeof *after);
    const char *kinds = at + counts[TIME] * 8;
    const char *types = kinds + counts[TIME];
    z->count = counts[TIME];
    z->times = times;
    z->after = after;
    z->before = (int32_t)read_be(types, 4);
    for (size_t i = 0; i < counts[TYPE]; i++)
        if (!good_offset(read_be(types + i * 6, 4)))
            return "a time zone too far from UTC";
    for (size_t i = 0; i < counts[TIME]; i++) {
        uint8_t kind = (uint8_t)kinds[i];
        times[i] = read_be(at + i * 8, 8);
        if (kind >= counts[TYPE] || (i > 0 && times[i] <= times[i - 1]))
            return "a time zone file out of order";
        after[i] = (int32_t)read_be(types + kind * 6, 4);
    }
    return NULL;
}

static const char *parse(struct zone *z, struct str file, struct arena *arena)
{
    size_t counts[COUNTS];
    const char *why = read_header(file, counts);
    if (why)
        return why;
    /* The version 1 block comes first, and is for readers that know no other. */
    size_t skip = HEADER_SIZE + block_size(counts, 4);
    if (file.len < skip)
        return "a time zone file cut short";
    file = (struct str){file.at + skip, file.len - skip};
    why = read_header(file, counts);
    if (why)
        return why;
    size_t block = HEADER_SIZE + block_size(counts, 8);
    if (file.len < block + 2 || file.at[block] != '\n')
        return "a time zone file cut short";
    why = read_block(z, file.at + HEADER_SIZE, counts, arena);
    if (why)
        return why;
    struct str rest = {file.at + block + 1, file.len - block - 1};
    struct str footer = str_cut(&rest, '\n');
    if (!rest.at || (footer.len > 0 && !read_footer(z, footer)))
        return "a time zone file with a footer nobody can read";
    return NULL;
}

const struct zone *zone_parse(struct str tzif, struct arena *arena, const char **why_r)
{
    struct zone *z = arena_alloc(arena, sizeof *z);
    *why_r = tzif.len > FILE_MAX ? "too much in a time zone file" : parse(z, tzif, arena);
    return *why_r ? NULL : z;
}

/* Parts of letters, digits, '_', '+' and '-' that begin with a capital, as all of IANA's do; so
 * neither "..", nor a file beside the zones, nor those with leap seconds ("right/"). */
static bool is_name(struct str name)
{
    if (name.len == 0 || name.len > ZONE_NAME_MAX)
        return false;
    struct str rest = name;
    while (rest.at) {
        struct str part = str_cut(&rest, '/');
        if (part.len == 0 || part.at[0] < 'A' || part.at[0] > 'Z')
            return false;
        for (size_t i = 0; i < part.len; i++) {
            char c = part.at[i];
            if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
                c != '_' && c != '+' && c != '-')
                return false;
        }
    }
    return true;
}

/* Zones that are known without a file. */
static const struct {
    const char *name;
    int32_t offset; /* of all times worth asking for */
} fixed[] = {
    {"UTC", 0},
    {"Asia/Jakarta", 7 * 3600},
    {"Asia/Makassar", 8 * 3600},
    {"Asia/Jayapura", 9 * 3600},
    {"Asia/Seoul", 9 * 3600},
};

static const struct zone *find_fixed(struct str name, struct arena *arena)
{
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
        if (str_is(name, fixed[i].name)) {
            struct zone *z = arena_alloc(arena, sizeof *z);
            z->before = fixed[i].offset;
            return z;
        }
    }
    return NULL;
}

/* The bytes of a plain file; at == NULL when there is none, or it is too large. */
static struct str read_file(const char *path, struct arena *arena)
{
    struct stat st;
    struct str bytes = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return bytes;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= FILE_MAX) {
        char *at = arena_alloc(arena, (size_t)st.st_size);
        if (read(fd, at, (size_t)st.st_size) == st.st_size)
            bytes = (struct str){at, (size_t)st.st_size};
    }
    close(fd);
    return bytes;
}

const struct zone *zone_load_from(const char *folder, struct str name, struct arena *arena,
                                  const char **why_r)
{
    if (!is_name(name)) {
        *why_r = "not the name of a time zone";
        return NULL;
    }
    struct str file = read_file(arena_printf(arena, "%s/%.*s", folder, STR_ARG(name)), arena);
    if (file.at)
        return zone_parse(file, arena, why_r);
    const struct zone *z = find_fixed(name, arena);
    *why_r = z                           ? ""
             : access(folder, X_OK) == 0 ? "no such time zone"
                                         : "time zones are not installed here (tzdata)";
    return z;
}

const struct zone *zone_load(struct str name, struct arena *arena, const char **why_r)
{
    return zone_load_from(ZONE_FOLDER, name, arena, why_r);
}

/* ---- Asking ---- */

static int32_t rule_offset(const struct zone *z, int64_t utc_s)
{
    if (!z->summer)
        return z->standard;
    int64_t year = year_of(utc_s + z->standard);
    int64_t begins = turn_at(&z->begins, year) - z->standard;
    int64_t ends = turn_at(&z->ends, year) - z->daylight;
    bool within = begins < ends ? utc_s >= begins && utc_s < ends : utc_s >= begins || utc_s < ends;
    return within ? z->daylight : z->standard;
}

static int64_t clamp(int64_t s)
{
    return s > TIME_MAX ? TIME_MAX : s < -TIME_MAX ? -TIME_MAX : s;
}

int32_t zone_offset(const struct zone *z, int64_t utc_s)
{
    int64_t at = clamp(utc_s);
    size_t low = 0;
    size_t high = z->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->times[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->count && z->ruled && at >= 0)
        return rule_offset(z, at);
    return low == 0 ? z->before : z->after[low - 1];
}

int64_t zone_instant(const struct zone *z, int64_t local_s)
{
    int64_t local = clamp(local_s);
    int32_t early = zone_offset(z, local - DAY_S);
    int32_t late = zone_offset(z, local + DAY_S);
    int64_t first = local - (early > late ? early : late);
    int64_t last = local - (early > late ? late : early);
    if (zone_offset(z, first) == local - first)
        return first;
    if (zone_offset(z, last) == local - last)
        return last;
    /* Jumped over: between the two the clocks pass it at once. */
    while (first < last) {
        int64_t middle = first + (last - first) / 2;
        if (middle + zone_offset(z, middle) >= local)
            last = middle;
        else
            first = middle + 1;
    }
    return last;
}
