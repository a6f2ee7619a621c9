/* check_test.c - memory, and how the process ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

struct outer {
    int first;
    int second;
};

static void finds_the_outer_struct(void **state)
{
    (void)state;
    struct outer o;
    assert_ptr_equal(CONTAINER_OF(&o.second, struct outer, second), &o);
}

static void gives_memory(void **state)
{
    (void)state;
    char *at = mem_alloc(100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(at[i], 0);
    memset(at, 'x', 100);
    at = mem_grow(at, 10000);
    assert_int_equal(at[99], 'x');
    mem_free(at);
    assert_non_null(at = mem_alloc(0));
    assert_non_null(at = mem_grow(at, 0));
    mem_free(at);
    mem_free(NULL);
    char *copy = mem_strdup("kopi");
    assert_string_equal(copy, "kopi");
    mem_free(copy);
}

/* Run `end` in a child; returns its wait status and what it said on stderr. */
static int status_of(void (*end)(void), char *said, size_t size)
{
    int out[2];
    assert_int_equal(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(out[1], STDERR_FILENO);
        end();
        _exit(0);
    }
    close(out[1]);
    size_t len = 0;
    for (ssize_t got; len + 1 < size && (got = read(out[0], said + len, size - 1 - len)) > 0;)
        len += (size_t)got;
    said[len] = '\0';
    close(out[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void break_invariant(void)
{
    CHECK(1 + 1 == 2);
    CHECK(1 + 1 == 3);
}

static void end_in_order(void)
{
    die("bad port %d", 70000);
}

static void a_broken_invariant_aborts(void **state)
{
    (void)state;
    char said[4096];
    int status = status_of(break_invariant, said, sizeof said);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, "break_invariant(): 1 + 1 == 3"));
    assert_non_null(strstr(said, "check_test.c:"));
}

static void bad_configuration_ends_with_status_2(void **state)
{
    (void)state;
    char said[4096];
    int status = status_of(end_in_order, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 2);
    assert_string_equal(said, "pesan: bad port 70000\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_outer_struct),
        cmocka_unit_test(gives_memory),
        cmocka_unit_test(a_broken_invariant_aborts),
        cmocka_unit_test(bad_configuration_ends_with_status_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
