/* assets_test.c - files from a folder and the binary: encodings, conditions, ranges, ways out. */
#include <stdlib.h>
#include <sys/stat.h>

#include "net/asset.h"
#include "net/assets.h"
#include "net/testbed.h"

#define POLICY                                                                                     \
    "Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self'; "           \
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'\r\n"

static struct assets *assets;

static void answer_file(struct testbed *bed, struct exchange *x)
{
    (void)bed;
    if (!assets_answer(assets, x, x->path))
        exchange_answer(x, &(struct answer){.status = 404});
}

/* --- the parts --- */

static void test_accept_encoding(void **state)
{
    (void)state;
    assert_true(encoding_accepted(STR("gzip, deflate, br"), "br"));
    assert_true(encoding_accepted(STR("BR;q=0.1"), "br"));
    assert_true(encoding_accepted(STR("*"), "br"));
    assert_true(encoding_accepted(STR("gzip;q=0, *"), "br"));
    assert_false(encoding_accepted(STR("gzip, *;q=0"), "br"));
    assert_false(encoding_accepted(STR("br;q=0, *"), "br"));
    assert_false(encoding_accepted(STR("br ; q=0.000"), "br"));
    assert_false(encoding_accepted(STR("brotli"), "br"));
    assert_false(encoding_accepted(STR(""), "br"));
    assert_false(encoding_accepted((struct str){NULL, 0}, "br"));
}

static void test_entity_tags(void **state)
{
    (void)state;
    assert_true(tag_listed(STR("\"a\""), STR("\"a\"")));
    assert_true(tag_listed(STR("\"b\", W/\"a\""), STR("\"a\"")));
    assert_true(tag_listed(STR(" * "), STR("\"a\"")));
    assert_false(tag_listed(STR("a"), STR("\"a\"")));
    assert_false(tag_listed(STR("\"ab\""), STR("\"a\"")));
    assert_false(tag_listed((struct str){NULL, 0}, STR("\"a\"")));
}

static void test_ranges(void **state)
{
    static const struct {
        const char *range;
        enum range_kind kind;
        size_t from;
        size_t count;
    } cases[] = {
        {"bytes=0-0", RANGE_PART, 0, 1},
        {"bytes=2-5", RANGE_PART, 2, 4},
        {"Bytes=2-", RANGE_PART, 2, 8},
        {"bytes= 2 - 5 ", RANGE_PART, 2, 4},
        {"bytes=2-99999999999999", RANGE_PART, 2, 8},
        {"bytes=-3", RANGE_PART, 7, 3},
        {"bytes=-99", RANGE_PART, 0, 10},
        {"bytes=10-", RANGE_BEYOND, 0, 0},
        {"bytes=99-100", RANGE_BEYOND, 0, 0},
        {"bytes=-0", RANGE_BEYOND, 0, 0},
        {"bytes=5-2", RANGE_NONE, 0, 0},
        {"bytes=0-1,3-4", RANGE_NONE, 0, 0},
        {"bytes=-", RANGE_NONE, 0, 0},
        {"bytes=", RANGE_NONE, 0, 0},
        {"bytes", RANGE_NONE, 0, 0},
        {"bytes=a-b", RANGE_NONE, 0, 0},
        {"bytes=99999999999999999999-", RANGE_NONE, 0, 0},
        {"lines=0-1", RANGE_NONE, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t from = 0;
        size_t count = 0;
        assert_int_equal(range_parse(str_of(cases[i].range), 10, &from, &count), cases[i].kind);
        if (cases[i].kind != RANGE_PART)
            continue;
        assert_int_equal(from, cases[i].from);
        assert_int_equal(count, cases[i].count);
    }
}

/* --- a folder --- */

static char folder[] = "/tmp/pesan-assets-XXXXXX";
static struct testbed bed;

static void put_file(const char *name, const char *content)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(content, f);
    fclose(f);
}

static void put_link(const char *name, const char *target)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(symlink(target, path), 0);
}

static int set_up(void **state)
{
    static const char *const folders[] = {"web", "web/assets", "web/dir.html"};
    struct net_config config;
    const char *why = "";
    char path[256];
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    put_file("secret.txt", "secret");
    put_file("web/index.html", "<p>hello</p>");
    put_file("web/empty.txt", "");
    put_file("web/.hidden", "hidden");
    put_file("web/assets/app-1f.js", "0123456789");
    put_file("web/assets/app-1f.js.br", "(br)");
    put_file("web/assets/app-1f.js.gz", "(gzip)");
    put_link("web/out.txt", "../secret.txt");
    put_link("web/up", "..");
    snprintf(path, sizeof path, "%s/web/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(path, sizeof path, "%s/web", folder);
    assets = assets_open(path, &why);
    assert_non_null(assets);
    net_config_default(&config);
    bed_start(&bed, &config, answer_file);
    return 0;
}

static int tear_down(void **state)
{
    char command[64];
    (void)state;
    bed_stop(&bed);
    assets_free(&assets);
    assets_free(&assets);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* The whole answer to a request for `path` with these header lines. */
static const char *ask(const char *method, const char *path, const char *fields)
{
    static struct buf in;
    char request[512];
    buf_fini(&in);
    if (!method)
        return NULL;
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n",
             method, path, fields);
    int fd = dial(&bed);
    say(fd, request);
    return hear_to_end(fd, &in);
}

static void expect(const char *answer, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!strstr(answer, parts[i]))
            fail_msg("%s is not in\n%s", parts[i], answer);
    }
}

#define EXPECT(answer, ...)                                                                        \
    expect(answer, (const char *const[]){__VA_ARGS__},                                             \
           ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

static void test_files_and_their_headers(void **state)
{
    (void)state;
    EXPECT(ask("GET", "/index.html", ""), " 200 OK\r\n", "\r\n\r\n<p>hello</p>",
           "Content-Type: text/html; charset=utf-8\r\n", "Cache-Control: no-cache\r\n",
           "Vary: Accept-Encoding\r\n", "Accept-Ranges: bytes\r\n", "Content-Length: 12\r\n",
           POLICY, "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: same-origin\r\n",
           "ETag: \"");
    const char *answer = ask("GET", "/assets/app-1f.js", "");
    EXPECT(answer, " 200 OK\r\n", "\r\n\r\n0123456789", "text/javascript; charset=utf-8\r\n",
           "Cache-Control: public, max-age=31536000, immutable\r\n");
    assert_null(strstr(answer, "Content-Security-Policy"));
    answer = ask("HEAD", "/index.html", "");
    EXPECT(answer, " 200 OK\r\n", "Content-Length: 12\r\n");
    assert_null(strstr(answer, "hello"));
    EXPECT(ask("GET", "/empty.txt", ""), " 200 OK\r\n", "Content-Length: 0\r\n");
    EXPECT(ask("POST", "/index.html", ""), " 404 ");
    ask(NULL, NULL, NULL);
}

static void test_encodings(void **state)
{
    (void)state;
    EXPECT(ask("GET", "/assets/app-1f.js", "Accept-Encoding: gzip, br\r\n"), "(br)",
           "Content-Encoding: br\r\n", "-br\"\r\n", "text/javascript");
    EXPECT(ask("GET", "/assets/app-1f.js", "Accept-Encoding: gzip, br;q=0\r\n"), "(gzip)",
           "Content-Encoding: gzip\r\n", "-gzip\"\r\n");
    EXPECT(ask("GET", "/assets/app-1f.js", "Accept-Encoding: deflate\r\n"), "0123456789");
    EXPECT(ask("GET", "/index.html", "Accept-Encoding: br\r\n"), "<p>hello</p>");
    ask(NULL, NULL, NULL);
}

/* The value of ETag in an answer, quotes included. */
static const char *tag_of(const char *answer)
{
    static char tag[64];
    const char *at = strstr(answer, "ETag: ");
    assert_non_null(at);
    snprintf(tag, sizeof tag, "%.*s", (int)strcspn(at + 6, "\r"), at + 6);
    return tag;
}

static void test_conditions(void **state)
{
    char fields[256];
    (void)state;
    snprintf(fields, sizeof fields, "If-None-Match: W/%s\r\n",
             tag_of(ask("GET", "/index.html", "")));
    const char *answer = ask("GET", "/index.html", fields);
    EXPECT(answer, " 304 Not Modified\r\n", "ETag: ", "Cache-Control: no-cache\r\n", "Vary: ");
    assert_null(strstr(answer, "Content-Length"));
    assert_null(strstr(answer, "hello"));
    put_file("web/index.html", "<p>HELLO</p>");
    EXPECT(ask("GET", "/index.html", fields), " 200 OK\r\n", "HELLO");
    put_file("web/index.html", "<p>hello</p>");
    ask(NULL, NULL, NULL);
}

static void test_ranges_of_a_file(void **state)
{
    char fields[256];
    (void)state;
    EXPECT(ask("GET", "/assets/app-1f.js", "Accept-Encoding: br\r\nRange: bytes=2-4\r\n"),
           " 206 Partial Content\r\n", "Content-Range: bytes 2-4/10\r\n", "\r\n\r\n234");
    EXPECT(ask("GET", "/assets/app-1f.js", "Range: bytes=10-\r\n"),
           " 416 Range Not Satisfiable\r\n", "Content-Range: bytes */10\r\n");
    EXPECT(ask("GET", "/assets/app-1f.js", "Range: bytes=0-1,3-4\r\n"), " 200 OK\r\n");
    EXPECT(ask("HEAD", "/assets/app-1f.js", "Range: bytes=0-1\r\n"), " 200 OK\r\n");
    snprintf(fields, sizeof fields, "Range: bytes=0-1\r\nIf-Range: %s\r\n",
             tag_of(ask("GET", "/assets/app-1f.js", "")));
    EXPECT(ask("GET", "/assets/app-1f.js", fields), " 206 ");
    EXPECT(ask("GET", "/assets/app-1f.js", "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n"),
           " 200 OK\r\n");
    ask(NULL, NULL, NULL);
}

static void test_no_way_out(void **state)
{
    static const char *const paths[] = {
        "/",
        "/missing.html",
        "/assets",
        "/assets/",
        "/dir.html",
        "/.hidden",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/out.txt",
        "/up/secret.txt",
        "/pipe",
        "/assets/../../secret.txt",
        "//secret.txt",
        "/./index.html",
        "/index.html/",
        "/up/web/index.html",
        "/assets%2f..%2f..%2fsecret.txt",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        EXPECT(ask("GET", paths[i], ""), " 404 ");
    ask(NULL, NULL, NULL);
}

/* --- the binary --- */

static void test_the_embedded_table(void **state)
{
    const char *why = NULL;
    (void)state;
    for (size_t i = 0; i < embedded_asset_count; i++) {
        const struct asset *a = &embedded_assets[i];
        assert_int_equal(a->path[0], '/');
        assert_int_equal(strlen(a->tag), ASSET_TAG_LEN);
        assert_non_null(a->plain.at);
        assert_true(a->lasting);
        assert_true(i == 0 || strcmp(embedded_assets[i - 1].path, a->path) < 0);
    }
    struct assets *embedded = assets_open(NULL, &why);
    assert_non_null(embedded);
    assets_free(&embedded);
    assert_null(assets_open("/nowhere/at/all", &why));
    assert_non_null(why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accept_encoding),
        cmocka_unit_test(test_entity_tags),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_files_and_their_headers),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_ranges_of_a_file),
        cmocka_unit_test(test_no_way_out),
        cmocka_unit_test(test_the_embedded_table),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
