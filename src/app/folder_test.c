/* folder_test.c - one server per folder, and demo and real never mixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/folder.h"

static char base[64];
static char path[128];
static const char *why;

static int setup(void **state)
{
    (void)state;
    snprintf(base, sizeof base, "/tmp/pesan-folder-XXXXXX");
    if (!mkdtemp(base))
        return -1;
    snprintf(path, sizeof path, "%s/data", base);
    return 0;
}

static int teardown(void **state)
{
    char command[160];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", base);
    return system(command); /* a folder the test made itself */
}

static void put_file(const char *name)
{
    char file[256];
    snprintf(file, sizeof file, "%s/%s", path, name);
    int fd = open(file, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void test_is_made_private(void **state)
{
    struct stat st;
    (void)state;
    struct folder *f = folder_open(path, false, &why);
    assert_non_null(f);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    folder_close(&f);
    folder_close(&f);
}

static void test_one_server_at_a_time(void **state)
{
    char mine[32];
    (void)state;
    struct folder *f = folder_open(path, false, &why);
    assert_non_null(f);
    assert_null(folder_open(path, false, &why));
    snprintf(mine, sizeof mine, "(process %d)", (int)getpid());
    assert_non_null(strstr(why, mine));
    folder_close(&f);
    f = folder_open(path, false, &why);
    assert_non_null(f);
    folder_close(&f);
}

static void test_demo_marks_an_empty_folder(void **state)
{
    (void)state;
    struct folder *f = folder_open(path, true, &why);
    assert_non_null(f);
    folder_close(&f);
    assert_null(folder_open(path, false, &why));
    assert_non_null(strstr(why, "was made by --demo"));
    put_file("pesan.db");
    f = folder_open(path, true, &why);
    assert_non_null(f);
    folder_close(&f);
}

static void test_demo_needs_an_empty_folder(void **state)
{
    (void)state;
    struct folder *f = folder_open(path, false, &why);
    folder_close(&f);
    put_file("pesan.db");
    assert_null(folder_open(path, true, &why));
    assert_non_null(strstr(why, "empty data folder"));
    f = folder_open(path, false, &why);
    assert_non_null(f);
    folder_close(&f);
}

static void test_what_cannot_be(void **state)
{
    char deep[256];
    (void)state;
    snprintf(deep, sizeof deep, "%s/no/such/place", base);
    assert_null(folder_open(deep, false, &why));
    assert_non_null(strstr(why, "cannot be made"));
    snprintf(deep, sizeof deep, "%s/file", base);
    int fd = open(deep, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_null(folder_open(deep, false, &why));
    assert_non_null(strstr(why, "cannot be opened"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_is_made_private, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_server_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_demo_marks_an_empty_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_demo_needs_an_empty_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
