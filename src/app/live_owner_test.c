/* live_owner_test.c - a socket is as long and as mighty as its owner: it ends with the session,
 * opens anew when powers change, and is renewed in-band. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/door_fixture.h"

#define OWN "Origin: http://test\r\n"

static char frame[4000];

static struct client *open_live(const char *headers)
{
    struct client *c = mem_alloc(sizeof *c);
    assert_int_equal(client_upgrade_with(c, house.port, "/live", headers), 101);
    return c;
}

static void drop(struct client *c)
{
    client_close(c);
    mem_free(c);
}

static void hear(struct client *c, const char *want)
{
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_string_equal(frame, want);
}

static void hear_who(struct client *c, const char *who)
{
    char want[300];
    client_say(c, "{\"event\":\"WHO\"}");
    snprintf(want, sizeof want, "{\"event\":\"WHO\",\"values\":\"%s\"}", who);
    hear(c, want);
}

static void hear_error(struct client *c, const char *code)
{
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    assert_non_null(strstr(frame, "\"event\":\"ERROR\""));
    assert_non_null(strstr(frame, code));
}

static void hear_close(struct client *c, int code, const char *reason)
{
    assert_int_equal(client_hear(c, frame, sizeof frame), 8);
    assert_int_equal((uint8_t)frame[0] << 8 | (uint8_t)frame[1], code);
    assert_string_equal(frame + 2, reason);
}

static void a_session_takes_its_sockets_along(void **state)
{
    struct caller mine = door_caller("s1", 5, 900, 10000);
    struct caller others = door_caller("s2", 5, 900, 10000);
    struct client *clients[12];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) /* on both loops */
        clients[i] = open_live(i % 2 ? door_bearer(&mine, "") : door_cookie(&mine, OWN));
    struct client *other = open_live(door_bearer(&others, ""));
    struct client *nobody = open_live("");
    hear_who(other, "customer u s2 en 0");
    door_say("session.ended", DOOR_SESSION_ENDED("s1"));
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        hear_close(clients[i], 1008, "session ended");
        drop(clients[i]);
    }
    hear(other, "{\"event\":\"NEWS\",\"values\":\"session.ended\"}");
    hear(nobody, "{\"event\":\"NEWS\",\"values\":\"session.ended\"}");
    hear_who(other, "customer u s2 en 0");
    hear_who(nobody, "none   en 0");
    drop(other);
    drop(nobody);
    assert_int_equal(client_upgrade_with(&http, house.port, "/live", door_bearer(&mine, "")), 401);
    client_close(&http);
}

static void powers_that_change_open_it_anew(void **state)
{
    struct caller c = door_caller("s3", 5, 900, 10000);
    (void)state;
    struct client *s = open_live(door_bearer(&c, ""));
    client_say(s, "{\"event\":\"STAFF\"}");
    hear_error(s, "forbidden");
    door_say("shop.staff_added", DOOR_HIRED("barista"));
    hear_close(s, 1012, "rights have changed");
    drop(s);
    s = open_live(door_bearer(&c, ""));
    client_say(s, "{\"event\":\"STAFF\"}");
    hear(s, "{\"event\":\"WHO\",\"values\":\"barista u s3 en 1\"}");
    door_say("shop.staff_removed", DOOR_DISMISSED);
    hear_close(s, 1012, "rights have changed");
    drop(s);
    s = open_live(door_bearer(&c, ""));
    client_say(s, "{\"event\":\"STAFF\"}");
    hear_error(s, "forbidden");
    drop(s);
}

static void an_account_that_changes_otherwise_disturbs_nobody(void **state)
{
    struct caller c = door_caller("s3", 5, 900, 10000);
    (void)state;
    struct client *s = open_live(door_bearer(&c, ""));
    door_say(
        "account.changed",
        "{\"account_id\":\"u\",\"username\":\"name\",\"role\":\"customer\",\"language\":\"ko\"}");
    hear(s, "{\"event\":\"NEWS\",\"values\":\"account.changed\"}");
    hear_who(s, "customer u s3 en 0");
    door_say("account.changed", "{\"account_id\":\"u\",\"username\":\"name\",\"role\":\"admin\"}");
    hear_close(s, 1012, "rights have changed");
    drop(s);
    door_say("account.changed",
             "{\"account_id\":\"u\",\"username\":\"name\",\"role\":\"customer\"}");
}

static void a_token_in_hand_ends_in_time(void **state)
{
    struct caller c = door_caller("s4", 0, 2, 10000);
    (void)state;
    struct client *s = open_live(door_bearer(&c, ""));
    hear_close(s, 1008, "token expired");
    drop(s);
}

static void by_a_cookie_it_lives_with_the_session(void **state)
{
    struct caller c = door_caller("s4", 5000, 900, 10000); /* expired long ago */
    struct caller brief = door_caller("s4", 5000, 900, 2);
    (void)state;
    struct client *s = open_live(door_cookie(&c, OWN));
    hear_who(s, "customer u s4 en 0");
    assert_false(client_waits(s, 50));
    struct client *b = open_live(door_cookie(&brief, OWN));
    hear_close(b, 1008, "token expired");
    drop(b);
    drop(s);
}

static void say_auth(struct client *s, const char *token)
{
    char text[1200];
    snprintf(text, sizeof text, "{\"event\":\"AUTH\",\"values\":{\"token\":\"%s\"}}", token);
    client_say(s, text);
}

/* The time it says it will end. */
static int64_t hear_auth(struct client *s)
{
    int64_t at = 0;
    struct str head = STR("{\"event\":\"AUTH\",\"values\":{\"expires_at\":\"");
    assert_int_equal(client_hear(s, frame, sizeof frame), 1);
    assert_true(str_starts(str_of(frame), head));
    struct str rest = {frame + head.len, strlen(frame) - head.len};
    assert_true(clock_parse_iso(str_cut(&rest, '"'), &at));
    return at;
}

static void it_is_renewed_in_band(void **state)
{
    struct caller c = door_caller("s5", 0, 3, 10000);
    struct caller later = door_caller("s5", 0, 900, 10000);
    (void)state;
    struct client *s = open_live(door_bearer(&c, ""));
    say_auth(s, door_token(&later));
    assert_int_equal(hear_auth(s), later.expires_us / US_PER_S * US_PER_S);
    say_auth(s, door_token(&c)); /* an older one shortens nothing */
    assert_int_equal(hear_auth(s), later.expires_us / US_PER_S * US_PER_S);
    assert_false(client_waits(s, 3500));
    hear_who(s, "customer u s5 en 0");
    drop(s);
}

static void it_goes_along_to_another_session(void **state)
{
    struct caller c = door_caller("s6", 0, 900, 10000);
    struct caller next = door_caller("s7", 0, 800, 10000);
    (void)state;
    struct client *s = open_live(door_bearer(&c, ""));
    say_auth(s, door_token(&next));
    assert_int_equal(hear_auth(s), next.expires_us / US_PER_S * US_PER_S);
    hear_who(s, "customer u s7 en 0");
    door_say("session.ended", DOOR_SESSION_ENDED("s6"));
    hear(s, "{\"event\":\"NEWS\",\"values\":\"session.ended\"}");
    hear_who(s, "customer u s7 en 0");
    door_say("session.ended", DOOR_SESSION_ENDED("s7"));
    hear_close(s, 1008, "session ended");
    drop(s);
}

static void it_is_renewed_by_its_owner_alone(void **state)
{
    struct caller c = door_caller("s8", 0, 900, 10000);
    struct caller other = c;
    struct caller device = c;
    struct caller ended = door_caller("s6", 0, 900, 10000);
    (void)state;
    other.id = STR("v");
    device.role = ROLE_KIOSK;
    struct client *s = open_live(door_bearer(&c, ""));
    say_auth(s, door_token(&other));
    hear_error(s, "forbidden");
    say_auth(s, door_token(&device));
    hear_error(s, "forbidden");
    say_auth(s, door_token(&ended));
    hear_error(s, "not-logged-in");
    say_auth(s, "forged");
    hear_error(s, "not-logged-in");
    client_say(s, "{\"event\":\"AUTH\",\"values\":{}}");
    hear_error(s, "bad-input");
    client_say(s, "{\"event\":\"AUTH\"}");
    hear_error(s, "bad-input");
    struct client *nobody = open_live("");
    say_auth(nobody, door_token(&c));
    hear_error(nobody, "forbidden");
    drop(nobody);
    struct client *kiosk = open_live(door_bearer(&device, ""));
    say_auth(kiosk, door_token(&c));
    hear_error(kiosk, "forbidden");
    say_auth(kiosk, door_token(&device));
    assert_int_equal(hear_auth(kiosk), device.expires_us / US_PER_S * US_PER_S);
    drop(kiosk);
    hear_who(s, "customer u s8 en 0");
    drop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_takes_its_sockets_along),
        cmocka_unit_test(powers_that_change_open_it_anew),
        cmocka_unit_test(an_account_that_changes_otherwise_disturbs_nobody),
        cmocka_unit_test(a_token_in_hand_ends_in_time),
        cmocka_unit_test(by_a_cookie_it_lives_with_the_session),
        cmocka_unit_test(it_is_renewed_in_band),
        cmocka_unit_test(it_goes_along_to_another_session),
        cmocka_unit_test(it_is_renewed_by_its_owner_alone),
    };
    return cmocka_run_group_tests(tests, door_setup, door_teardown);
}
