/* room_test.c - rooms: who hears them, what a message costs, and how far somebody has read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/service.h"
#include "chat/fixture.h"
#include "db/counting.h"

/* ---- Uris and words ---- */

static void a_uri_is_fifteen_hex_digits(void **state)
{
    char one[ROOM_URI_LEN + 1];
    char other[ROOM_URI_LEN + 1];
    (void)state;
    room_uri_make(one);
    room_uri_make(other);
    assert_true(room_uri_fits(str_of(one)));
    assert_string_not_equal(one, other);
    static const char *const wrong[] = {"",
                                        "0123456789abcd",
                                        "0123456789abcdef",
                                        "0123456789abcdE",
                                        "0123456789abcdg",
                                        "0123456789abcd "};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(room_uri_fits(str_of(wrong[i])));
}

static void roles_have_words(void **state)
{
    enum room_role role;
    (void)state;
    for (int r = 0; r < ROOM_ROLE_COUNT; r++) {
        assert_true(room_role_parse(str_of(room_role_word((enum room_role)r)), &role));
        assert_int_equal(role, r);
    }
    assert_false(room_role_parse(STR("king"), &role));
    assert_false(room_role_parse((struct str){0}, &role));
}

/* ---- Who hears it ---- */

static bool hears(const struct room *r, bool stands, struct str id, const struct grant *grant)
{
    const struct room_place p = {.stands = stands};
    const struct caller c = {
        .role = ROLE_CUSTOMER, .id = id, .grants = grant, .grant_count = grant ? 1 : 0};
    return room_is_for(r, &p, &c);
}

static void a_room_is_for_who_is_in_it(void **state)
{
    const struct room r = some_room(ROOM_INVITE);
    const struct caller admin = {.role = ROLE_ADMIN, .id = STR(CY)};
    const struct room_place none = {0};
    (void)state;
    assert_true(hears(&r, true, STR(BOB), NULL));
    assert_false(hears(&r, false, STR(BOB), NULL));
    assert_false(hears(&r, true, STR(""), NULL));
    assert_false(room_is_for(&r, &none, &admin));
}

static void a_thread_is_for_its_people_by_right(void **state)
{
    const struct room r = some_room(ROOM_ORDER);
    const struct grant barista = {.shop = STR(SHOP), .role = ROLE_BARISTA};
    const struct grant courier = {.shop = STR(SHOP), .role = ROLE_COURIER};
    const struct grant elsewhere = {.shop = STR(ORDER), .role = ROLE_OWNER};
    struct room kiosk = r;
    (void)state;
    kiosk.account_id = (struct str){0};
    assert_true(hears(&r, false, STR(ANN), NULL));
    assert_true(hears(&r, false, STR(BOB), &barista));
    assert_true(hears(&r, false, STR(BOB), &courier));
    assert_true(hears(&r, false, STR(ORDER), NULL)); /* the guest of its link */
    assert_false(hears(&r, false, STR(BOB), &elsewhere));
    assert_false(hears(&r, true, STR(BOB), NULL)); /* dismissed: his place is of no use */
    assert_false(hears(&kiosk, false, STR(""), NULL));
    assert_false(hears(&kiosk, false, STR(ANN), NULL));
}

/* ---- Messages ---- */

static void insert_thread(struct db *tx)
{
    const struct room r = some_room(ROOM_ORDER);
    room_insert(tx, &r);
}

static void say_as_system(struct db *tx)
{
    find(tx, &ann);
    (void)room_say(tx, arena, &room, NULL,
                   &(struct room_post){.text = STR("Accepted"),
                                       .system = STR("accepted"),
                                       .actor = STR("service:order"),
                                       .at_us = T0 + 5});
}

static void find_by_order(struct db *db)
{
    assert_true(room_of_order(db, STR(ORDER), STR(BOB), arena, &room, &place));
    assert_false(room_of_order(db, STR(SHOP), STR(BOB), arena, &room, &place));
}

static void a_thread_tells_its_shop_and_its_customer(void **state)
{
    (void)state;
    write_it(insert_thread);
    write_it(say_as_system);
    read_it(find_by_order);
    assert_int_equal(room.seq, 1);
    assert_string_equal(room.number.at, "A17");
    assert_false(place.stands);
    assert_int_equal(room_unread(&room, &place), 1);
    assert_string_equal(events(),
                        "chat.message chat:" URI " shop:" SHOP " account:" ANN " {\"uri\":\"" URI
                        "\",\"seq\":1,\"message\":\"Accepted\",\"kind\":\"system\",\"user\":null,"
                        "\"system\":\"accepted\",\"order_id\":\"" ORDER
                        "\",\"at\":\"2027-01-15T08:00:00.000005Z\"}\n");
}

static void guest_writes(struct db *tx)
{
    const struct caller guest = {.id = STR(ORDER)};
    const struct room_person me = room_person_of(&guest);
    say(tx, &me, "is it far?", NULL);
}

static void a_guest_has_no_id(void **state)
{
    (void)state;
    write_it(insert_thread);
    write_it(guest_writes);
    assert_int_equal(told("\"user\":{\"id\":null,\"username\":\"guest\""), 1);
}

static void three_messages(struct db *tx)
{
    say(tx, &ann, "one", "c-1");
    say(tx, &bob, "two", NULL);
    say(tx, &ann, "three", NULL);
}

static void look_as_bob(struct db *db)
{
    find(db, &bob);
    assert_int_equal(room.seq, 3);
    assert_int_equal(room.active_us, T0 + 10);
    assert_int_equal(place.read_seq, 2); /* up to his own */
    assert_int_equal(room_unread(&room, &place), 1);
    assert_int_equal(room_sent(db, room.uri, ann.id, STR("c-1")), 1);
    assert_int_equal(room_sent(db, room.uri, bob.id, STR("c-1")), 0);
    find(db, &ann);
    assert_int_equal(room_unread(&room, &place), 0);
}

static void who_writes_has_read(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(three_messages);
    read_it(look_as_bob);
    assert_int_equal(told("chat.message chat:" URI " {"), 3);
    assert_int_equal(told("chat.read"), 0);
}

/* On the way of every message: the room and the author's place are found in one look, and three
 * rows are written; the journal's two come at the commit. */
static void post_counted(struct db *tx)
{
    counting_begin(tx);
    say(tx, &ann, "hello", NULL);
    counting_end(tx);
    assert_int_equal(counting.reads, 1);
    assert_int_equal(counting.writes, 3);
    counting_begin(tx);
    find(tx, &ann);
    assert_int_equal(room_sent(tx, room.uri, ann.id, STR("c")), 0);
    say(tx, &ann, "hello", "c");
    counting_end(tx);
    assert_int_equal(counting.reads, 3);
    assert_int_equal(counting.writes, 4);
}

static void a_message_costs_three_rows(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(post_counted);
}

/* Where much is said in one transaction, the room's row and each author's are read and written
 * once. */
static void talk_counted(struct db *tx)
{
    counting_begin(tx);
    for (int i = 0; i < 10; i++) {
        say_it(tx, &ann, "hello", NULL, true);
        say_it(tx, &bob, "hi", NULL, true);
    }
    assert_int_equal(counting.reads, 2);
    assert_int_equal(counting.writes, 20);
    assert_int_equal(room.seq, 20);
    db_settle(tx);
    counting_end(tx);
    assert_int_equal(counting.writes, 20 + 3);
}

static void look_at_talk(struct db *db)
{
    find(db, &bob);
    assert_int_equal(room.seq, 20);
    assert_int_equal(room.active_us, T0 + 10);
    assert_int_equal(place.read_seq, 20);
    find(db, &ann);
    assert_int_equal(place.read_seq, 19);
    assert_int_equal(place.delivered_seq, 19);
}

static void much_that_is_said_at_once_costs_little(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(talk_counted);
    read_it(look_at_talk);
    assert_int_equal(told("chat.message chat:" URI " {"), 20);
}

/* What is said otherwise in between, and whoever looks, finds the room as it is. */
static void talk_mixed(struct db *tx)
{
    say_it(tx, &ann, "hello", NULL, true);
    find(tx, &bob);
    assert_int_equal(room.seq, 1);
    assert_int_equal(room.active_us, T0 + 10);
    say(tx, &bob, "hi", NULL);
    say_it(tx, &ann, "well?", NULL, true);
    assert_int_equal(room.seq, 3);
    say_as_system(tx);
    assert_int_equal(room.seq, 4);
    say_it(tx, &ann, "oh", NULL, true);
    assert_int_equal(room.seq, 5);
}

static void look_at_mixed(struct db *db)
{
    find(db, &ann);
    assert_int_equal(room.seq, 5);
    assert_int_equal(place.read_seq, 5);
    find(db, &bob);
    assert_int_equal(place.read_seq, 2);
}

static void what_is_pending_of_a_room_is_found(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(talk_mixed);
    read_it(look_at_mixed);
}

/* Many more than a batch has. */
#define CROWD 300

static struct room_person one_of(int i)
{
    return (struct room_person){str_of(arena_printf(arena, "0190a0a0-0000-7000-8000-%012d", i)),
                                STR("one")};
}

static void talk_in_a_crowd(struct db *tx)
{
    for (int i = 0; i < CROWD; i++) {
        const struct room_person who = one_of(i);
        find(tx, &ann);
        member_add(tx, arena, &room, &who, ROOM_MEMBER, &ann, T0);
    }
    for (int i = 0; i < CROWD; i++) {
        const struct room_person who = one_of(i);
        say_it(tx, &who, "here", NULL, true);
    }
    assert_int_equal(room.seq, CROWD);
}

static void look_at_crowd(struct db *db)
{
    for (int i = 0; i < CROWD; i++) {
        const struct room_person who = one_of(i);
        find(db, &who);
        assert_int_equal(place.read_seq, i + 1);
    }
    assert_int_equal(room.seq, CROWD);
}

static void a_crowd_loses_nothing(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(talk_in_a_crowd);
    read_it(look_at_crowd);
}

/* ---- The older tables ---- */

/* An id that an older program kept still makes a repeated message one. */
static void ids_of_an_older_program_are_kept(void **state)
{
    struct migrations m = {"chat", chat_steps, CHAT_STEPS - 1};
    char why[200];
    (void)state;
    house_init(&house);
    struct db *db = house_open(&house, DB_WRITE);
    assert_true(db_migrate(db, &m, 1, why, sizeof why));
    db_exec(db, "INSERT INTO chat_sent (room, author, client_id, seq) VALUES (?, ?, 'c-1', 7)",
            DB_TEXT(STR(URI)), DB_TEXT(ann.id));
    m.count = CHAT_STEPS;
    assert_true(db_migrate(db, &m, 1, why, sizeof why));
    assert_int_equal(room_sent(db, STR(URI), ann.id, STR("c-1")), 7);
    assert_int_equal(room_sent(db, STR(URI), bob.id, STR("c-1")), 0);
    assert_int_equal(db->status, DB_OK);
    db_close(&db);
    house_fini(&house);
}

/* ---- Marks ---- */

static void mark_as_bob(struct db *tx)
{
    find(tx, &bob);
    assert_true(room_mark(tx, arena, &room, &place, &bob, 0, 3, T0)); /* has all, read his own */
    assert_int_equal(place.read_seq, 2);
    assert_int_equal(place.delivered_seq, 3);
    assert_false(room_mark(tx, arena, &room, &place, &bob, 1, 1, T0));
    assert_true(room_mark(tx, arena, &room, &place, &bob, 99, 0, T0));
    assert_int_equal(place.read_seq, 3);
    assert_false(room_mark(tx, arena, &room, &place, &bob, 99, 99, T0));
    find(tx, &bob);
    assert_int_equal(place.read_seq, 3);
    assert_int_equal(place.delivered_seq, 3);
}

static void marks_never_go_back(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(three_messages);
    write_it(mark_as_bob);
    assert_int_equal(told("chat.read chat:" URI " account:" BOB " {"), 2);
    assert_int_equal(told("\"read_seq\":2,\"delivered_seq\":3"), 1);
}

static void grow_and_mark(struct db *tx)
{
    find(tx, &bob);
    room.members = 1000;
    assert_true(room_mark(tx, arena, &room, &place, &bob, 3, 3, T0));
}

static void in_a_large_room_only_oneself_is_told(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(three_messages);
    write_it(grow_and_mark);
    assert_int_equal(told("chat.read account:" BOB " {"), 1);
}

static void mute_and_mark(struct db *tx)
{
    const struct room_person barista = cy;
    find(tx, &barista);
    assert_false(place.stands);
    room_mute(tx, &room, &place, &barista, true, T0);
    find(tx, &barista);
    assert_true(place.stands && place.muted);
    room_mute(tx, &room, &place, &barista, false, T0);
    find(tx, &barista);
    assert_false(place.muted);
}

static void who_hears_by_right_has_a_place_once_it_is_needed(void **state)
{
    (void)state;
    write_it(insert_thread);
    write_it(mute_and_mark);
}

/* ---- Closing ---- */

static void close_twice(struct db *tx)
{
    find(tx, &ann);
    room_close(tx, arena, &room, STR("service:chat"), T0 + 7);
    room_close(tx, arena, &room, STR("service:chat"), T0 + 8);
    find(tx, &ann);
    assert_int_equal(room.closed_us, T0 + 7);
}

static void a_room_is_closed_once(void **state)
{
    (void)state;
    write_it(insert_thread);
    write_it(close_twice);
    assert_int_equal(told("chat.room chat:" URI " shop:" SHOP " account:" ANN " {"), 1);
    assert_int_equal(told("\"kind\":\"order\",\"open\":false"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, chat_setup, chat_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uri_is_fifteen_hex_digits),
        cmocka_unit_test(roles_have_words),
        cmocka_unit_test(a_room_is_for_who_is_in_it),
        cmocka_unit_test(a_thread_is_for_its_people_by_right),
        TEST(a_thread_tells_its_shop_and_its_customer),
        TEST(a_guest_has_no_id),
        TEST(who_writes_has_read),
        TEST(a_message_costs_three_rows),
        TEST(much_that_is_said_at_once_costs_little),
        TEST(what_is_pending_of_a_room_is_found),
        TEST(a_crowd_loses_nothing),
        cmocka_unit_test(ids_of_an_older_program_are_kept),
        TEST(marks_never_go_back),
        TEST(in_a_large_room_only_oneself_is_told),
        TEST(who_hears_by_right_has_a_place_once_it_is_needed),
        TEST(a_room_is_closed_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
