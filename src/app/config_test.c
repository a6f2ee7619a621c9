/* config_test.c - settings come from flags, environment and file in this order, and what is wrong
 * is told in one line that names its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/config.h"

#define ARGS_MAX 8

static const char *variables[8]; /* "NAME=value" of the test at hand */

static const char *lookup(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < ARRAY_LEN(variables) && variables[i]; i++) {
        if (strncmp(variables[i], name, len) == 0 && variables[i][len] == '=')
            return variables[i] + len + 1;
    }
    return NULL;
}

static int forget_variables(void **state)
{
    (void)state;
    memset(variables, 0, sizeof variables);
    return 0;
}

static struct config config;
static char why[CONFIG_WHY_MAX];
static const char *user;
static const struct config_flag extra[] = {{"user", &user}, {0}};

/* Read these flags; the config must be given back with config_fini(). */
static bool read_args(const char *const *args)
{
    char *words[ARGS_MAX] = {0};
    size_t count = 0;
    for (; args[count]; count++)
        words[count] = (char *)(uintptr_t)args[count];
    return config_read(&config, count, words, lookup, extra, why);
}

#define READ(...) read_args((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void refused(bool read, const char *line)
{
    assert_false(read);
    assert_string_equal(why, line);
    config_fini(&config);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_true(READ());
    assert_string_equal(config.values.listen, "127.0.0.1:3333");
    assert_string_equal(config.values.data, "");
    assert_int_equal(config.values.payment_minutes, 15);
    assert_int_equal(config.values.loops, 0);
    assert_false(config.values.demo);
    config_fini(&config);
}

static void test_flags(void **state)
{
    (void)state;
    assert_true(
        READ("--listen", "[::1]:80", "--demo", "--loops=3", "--sandbox=off", "--user", "U"));
    assert_string_equal(config.values.listen, "[::1]:80");
    assert_int_equal(config.values.loops, 3);
    assert_true(config.values.demo);
    assert_false(config.values.sandbox);
    assert_string_equal(user, "U");
    config_fini(&config);
}

static void test_wrong_flags(void **state)
{
    (void)state;
    refused(READ("--lsten", "x"), "unknown flag --lsten (see: pesan help)");
    refused(READ("here"), "unexpected argument \"here\" (see: pesan help)");
    refused(READ("--data"), "--data needs a value");
    refused(READ("--data", "a", "--data", "b"), "--data is given twice");
    refused(READ("--loops", "many"), "--loops: \"many\" is not a number from 0 to 64");
    refused(READ("--loops", "65"), "--loops: \"65\" is not a number from 0 to 64");
    refused(READ("--loops", "-1"), "--loops: \"-1\" is not a number from 0 to 64");
    refused(READ("--sweep-ms", "1"), "--sweep-ms: \"1\" is not a number from 50 to 600000");
    refused(READ("--demo=maybe"), "--demo: \"maybe\" is neither on nor off");
    refused(READ("--listen", "nowhere"),
            "--listen: \"nowhere\" is not an address and port such as 127.0.0.1:3333");
    refused(READ("--log-level", "loud"),
            "--log-level: \"loud\" is none of debug, info, warn, error");
    refused(READ("--log-format", "xml"), "--log-format: \"xml\" is neither text nor json");
    refused(READ("--access-token-key", "short"), "--access-token-key must have 16 to 1024 bytes");
}

static void test_environment(void **state)
{
    (void)state;
    variables[0] = "PESAN_PAYMENT_MINUTES=20";
    variables[1] = "PESAN_DEMO=yes";
    variables[2] = "PESAN_DATA=";
    variables[3] = "PESAN_LOOPS=2";
    variables[4] = "PESAN_SOMETHING_ELSE=1";
    assert_true(READ("--loops", "4"));
    assert_int_equal(config.values.payment_minutes, 20);
    assert_int_equal(config.values.loops, 4); /* the flag is stronger */
    assert_true(config.values.demo);
    config_fini(&config);
    variables[3] = "PESAN_LOOPS=x";
    refused(READ(), "PESAN_LOOPS: \"x\" is not a number from 0 to 64");
}

static void test_aliases(void **state)
{
    (void)state;
    variables[0] = "ACCESS_TOKEN_KEY=from another program's name";
    variables[1] = "MIDTRANS_SERVER_KEY=SB-Mid-server-x";
    assert_true(READ());
    assert_string_equal(config.values.access_token_key, "from another program's name");
    assert_string_equal(config.values.midtrans_server_key, "SB-Mid-server-x");
    config_fini(&config);
    variables[2] = "PESAN_ACCESS_TOKEN_KEY=our own name is stronger";
    assert_true(READ());
    assert_string_equal(config.values.access_token_key, "our own name is stronger");
    config_fini(&config);
}

static char path[] = "/tmp/pesan-config-test.XXXXXX";

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_file(void **state)
{
    char line[256];
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);

    write_file("# settings\n\nloops = 5\r\n payment-minutes=7\nlisten = :4000\ndemo = on");
    variables[0] = "PESAN_PAYMENT_MINUTES=8";
    assert_true(READ("--config", path, "--listen", ":5000"));
    assert_int_equal(config.values.loops, 5);
    assert_int_equal(config.values.payment_minutes, 8);
    assert_string_equal(config.values.listen, ":5000");
    assert_true(config.values.demo);
    config_fini(&config);

    write_file("loops = 5\nlops = 6\n");
    snprintf(line, sizeof line, "%s:2: unknown setting \"lops\"", path);
    refused(READ("--config", path), line);
    write_file("loops\n");
    snprintf(line, sizeof line, "%s:1: a line is: name = value", path);
    refused(READ("--config", path), line);
    write_file("config = other\n");
    snprintf(line, sizeof line, "%s:1: unknown setting \"config\"", path);
    refused(READ("--config", path), line);
    write_file("\nloops = 99");
    snprintf(line, sizeof line, "%s:2: \"99\" is not a number from 0 to 64", path);
    refused(READ("--config", path), line);
    unlink(path);
    snprintf(line, sizeof line, "the settings file %s cannot be opened", path);
    refused(READ("--config", path), line);
}

static void test_help_names_every_flag(void **state)
{
    struct buf text = {0};
    (void)state;
    config_help(&text);
#define SETTING(field, name, kind, fallback, value, help)                                          \
    assert_non_null(strstr(buf_cstr(&text), "--" name));
#include "app/tbl/config.h"
#undef SETTING
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults, forget_variables),
        cmocka_unit_test_setup(test_flags, forget_variables),
        cmocka_unit_test_setup(test_wrong_flags, forget_variables),
        cmocka_unit_test_setup(test_environment, forget_variables),
        cmocka_unit_test_setup(test_aliases, forget_variables),
        cmocka_unit_test_setup(test_file, forget_variables),
        cmocka_unit_test(test_help_names_every_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
