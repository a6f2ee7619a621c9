/* zone_test.c - known moments of known places, changes of the clocks, and names that are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/zone.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(4 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct zone *load(const char *name)
{
    const char *why = "";
    const struct zone *z = zone_load(str_of(name), arena, &why);
    if (!z)
        fail_msg("%s: %s", name, why);
    return z;
}

static void offsets_at_known_moments(void **state)
{
    static const struct {
        const char *name;
        int64_t utc_s;
        int32_t offset;
    } rows[] = {
        {"Asia/Jakarta", 1767225600, 7 * 3600},
        {"Asia/Jakarta", -757382400, 27000},
        {"Asia/Seoul", 1767225600, 9 * 3600},
        {"Asia/Seoul", 583718400, 10 * 3600},
        {"Asia/Seoul", -473385600, 30600},
        {"UTC", 1767225600, 0},
        {"Europe/Warsaw", 1774745999, 3600},
        {"Europe/Warsaw", 1774746000, 7200},
        {"Europe/Warsaw", 1792889999, 7200},
        {"Europe/Warsaw", 1792890000, 3600},
        {"Europe/Warsaw", -1693706401, 3600},
        {"Europe/Warsaw", -1693699200, 7200},
        {"Europe/Warsaw", 2855865600, 7200}, /* 2060, by the footer */
        {"Europe/Dublin", 1767225600, 0},    /* whose summer is its standard time */
        {"Europe/Dublin", 2855865600, 3600},
        {"America/St_Johns", 2855865600, -9000},
        {"Australia/Lord_Howe", 2841264000, 11 * 3600},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int32_t offset = zone_offset(load(rows[i].name), rows[i].utc_s);
        if (offset != rows[i].offset)
            fail_msg("%s at %lld: %d", rows[i].name, (long long)rows[i].utc_s, offset);
    }
}

/* Warsaw, 2026: on 29 March 02:00 becomes 03:00, on 25 October 03:00 becomes 02:00 again. */
static void clocks_that_jump_and_repeat(void **state)
{
    const struct zone *z = load("Europe/Warsaw");
    const int64_t march = 1774742400 + 3600;   /* 2026-03-29 00:00 as clocks read + 01:00 */
    const int64_t october = 1792886400 + 3600; /* 2026-10-25 01:00 */
    (void)state;
    assert_int_equal(zone_instant(z, march), march - 3600);
    assert_int_equal(zone_instant(z, march + 3599), march + 3599 - 3600);
    assert_int_equal(zone_instant(z, march + 3600), 1774746000);
    assert_int_equal(zone_instant(z, march + 5400), 1774746000); /* 02:30 is jumped over */
    assert_int_equal(zone_instant(z, march + 7200), 1774746000);
    assert_int_equal(zone_instant(z, march + 7260), 1774746060);
    assert_int_equal(zone_instant(z, october), october - 7200);
    assert_int_equal(zone_instant(z, october + 5400), october + 5400 - 7200); /* the first 02:30 */
    assert_int_equal(zone_instant(z, october + 7200), october + 7200 - 3600);
}

static void without_files_a_few_zones_are_known(void **state)
{
    static const struct {
        const char *name;
        int32_t offset;
    } rows[] = {{"Asia/Jakarta", 25200},
                {"Asia/Makassar", 28800},
                {"Asia/Jayapura", 32400},
                {"Asia/Seoul", 32400},
                {"UTC", 0}};
    const char *why;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct zone *z = zone_load_from("/nowhere", str_of(rows[i].name), arena, &why);
        assert_non_null(z);
        assert_int_equal(zone_offset(z, 1800000000), rows[i].offset);
        assert_int_equal(zone_instant(z, 1800000000), 1800000000 - rows[i].offset);
    }
    assert_null(zone_load_from("/nowhere", STR("Europe/Warsaw"), arena, &why));
    assert_string_equal(why, "time zones are not installed here (tzdata)");
}

static void names_that_are_none(void **state)
{
    static const char *const rows[] = {
        "",
        "/etc/passwd",
        "../Europe/Warsaw",
        "Europe/../UTC",
        "Europe//Warsaw",
        "Europe/",
        "Europe",
        "Europe/Atlantis",
        "right/UTC",
        "zone.tab",
        "europe/warsaw",
        "Europe/Warsaw ",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "SECURITY",
    };
    const char *why;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        why = NULL;
        assert_null(zone_load(str_of(rows[i]), arena, &why));
        assert_non_null(why);
    }
    assert_null(zone_load((struct str){"UTC\0", 4}, arena, &why));
}

/* A file of version 2: one type in the block of version 1; `count` transitions to type `kind` in
 * its own, an hour apart (`step`), and a footer. */
struct made {
    size_t count;       /* transitions */
    int step;           /* seconds between them */
    int kind;           /* their type; there is only type 0 */
    int32_t offset;     /* of type 0 */
    const char *footer; /* between its line feeds */
};

static void add_be(struct buf *b, int64_t value, int bytes)
{
    while (bytes-- > 0)
        buf_add_char(b, (char)(value >> bytes * 8));
}

static void add_header(struct buf *b, size_t times)
{
    buf_add(b, "TZif2", 5);
    for (int i = 0; i < 15; i++)
        buf_add_char(b, '\0');
    for (int i = 0; i < 6; i++)
        add_be(b, i == 3 ? (int64_t)times : i == 4, 4);
}

static struct str make(const struct made *m)
{
    struct buf b = buf_in(arena);
    add_header(&b, 0);
    add_be(&b, 0, 6);
    add_header(&b, m->count);
    for (size_t i = 0; i < m->count; i++)
        add_be(&b, (int64_t)i * m->step, 8);
    for (size_t i = 0; i < m->count; i++)
        add_be(&b, m->kind, 1);
    add_be(&b, m->offset, 4);
    add_be(&b, 0, 2);
    buf_addf(&b, "\n%s\n", m->footer);
    return buf_str(&b);
}

static void footers_are_read_as_they_are_meant(void **state)
{
    static const struct {
        const char *footer;
        int32_t january; /* the offset on 2030-01-15 */
        int32_t july;    /* and on 2030-07-15 */
    } rows[] = {
        {"<+07>-7", 25200, 25200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3600},
        {"NZST-12NZDT,M9.5.0,M4.1.0/3", 46800, 43200},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600},
        {"XXX3EDT4,0/0,J365/23", -14400, -14400},
        {"AAA1:30:30BBB,J60,300", -5430, -1830},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why;
        struct made m = {.footer = rows[i].footer};
        const struct zone *z = zone_parse(make(&m), arena, &why);
        assert_non_null(z);
        if (zone_offset(z, 1894665600) != rows[i].january ||
            zone_offset(z, 1910304000) != rows[i].july)
            fail_msg("%s: %d %d", rows[i].footer, zone_offset(z, 1894665600),
                     zone_offset(z, 1910304000));
    }
}

static void files_that_are_none(void **state)
{
    static const char *const footers[] = {
        "X",
        "CET",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/168",
        "CET-25",
        "<CE-1",
        "CET-1CEST,J0,J365",
        "CET-1CEST,M3.5.0,M10.5.0x",
        "CET-1:60",
    };
    const char *why;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(footers); i++) {
        struct made m = {.footer = footers[i]};
        if (zone_parse(make(&m), arena, &why))
            fail_msg("taken: %s", footers[i]);
    }
    struct made good = {.count = 3, .step = 3600, .offset = 3600, .footer = "CET-1"};
    struct str file = make(&good);
    assert_non_null(zone_parse(file, arena, &why));
    for (size_t len = 0; len < file.len; len++)
        assert_null(zone_parse((struct str){file.at, len}, arena, &why));
    assert_null(zone_parse(make(&(struct made){.count = 2, .step = 0, .footer = ""}), arena, &why));
    assert_null(zone_parse(make(&(struct made){.count = 1, .kind = 1, .footer = ""}), arena, &why));
    assert_null(zone_parse(make(&(struct made){.offset = 93600, .footer = ""}), arena, &why));
    assert_null(
        zone_parse(make(&(struct made){.count = 2001, .step = 1, .footer = ""}), arena, &why));
    assert_null(zone_parse((struct str){file.at, 65537}, arena, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_at_known_moments),
        cmocka_unit_test(clocks_that_jump_and_repeat),
        cmocka_unit_test(without_files_a_few_zones_are_known),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(footers_are_read_as_they_are_meant),
        cmocka_unit_test(files_that_are_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
