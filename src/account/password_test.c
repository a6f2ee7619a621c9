/* password_test.c - hashes of passwords: salted, verified, and seen through when they are old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "account/password.h"

static void a_password_matches_its_hash_and_no_other(void **state)
{
    struct arena *arena = arena_new(65536);
    (void)state;
    struct str hash = password_hash(arena, STR("pesan-demo"));
    struct str again = password_hash(arena, STR("pesan-demo"));
    assert_true(str_starts(hash, STR("$argon2id$v=19$m=65536,t=2,p=1$")));
    assert_false(str_eq(hash, again));
    assert_true(password_matches(hash, STR("pesan-demo")));
    assert_false(password_matches(hash, STR("pesan-demO")));
    assert_false(password_matches(hash, STR("")));
    assert_false(password_outdated(hash));
    arena_free(&arena);
}

static void nobodys_hash_matches_nothing(void **state)
{
    (void)state;
    assert_false(password_matches((struct str){0}, STR("pesan-demo")));
    assert_false(password_matches((struct str){0}, STR("")));
    assert_false(password_matches(STR("no hash"), STR("no hash")));
    assert_true(password_outdated(STR("no hash")));
}

/* Made with a sixteenth of today's memory. */
static void an_old_hash_matches_and_is_known_to_be_old(void **state)
{
    const struct str old = STR("$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$"
                               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    (void)state;
    assert_false(password_matches(old, STR("pesan-demo")));
    assert_true(password_outdated(old));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_matches_its_hash_and_no_other),
        cmocka_unit_test(nobodys_hash_matches_nothing),
        cmocka_unit_test(an_old_hash_matches_and_is_known_to_be_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
