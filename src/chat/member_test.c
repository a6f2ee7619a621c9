/* member_test.c - coming in, going out, rank; what is listed, and what was said before it changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chat/fixture.h"
#include "chat/invite.h"
#include "chat/listing.h"

static void add_name(void *arg, const struct member *m)
{
    buf_addf(arg, "%.*s:%s ", STR_ARG(m->who.username), room_role_word(m->place.role));
}

static struct buf names;

static void read_members(struct db *db)
{
    names = buf_in(arena);
    member_list(db, STR(URI), NULL, 100, add_name, &names);
}

static const char *members_now(void)
{
    read_it(read_members);
    return buf_cstr(&names);
}

static struct member member_of(struct db *db, const struct room_person *who)
{
    return (struct member){.who = *who, .place = member_place(db, STR(URI), who->id)};
}

/* ---- In and out ---- */

static void add_cy(struct db *tx)
{
    find(tx, &ann);
    assert_false(member_place(tx, room.uri, cy.id).stands);
    say(tx, &ann, "before he came", NULL);
    member_add(tx, arena, &room, &cy, ROOM_MODERATOR, &ann, T0 + 2);
    find(tx, &cy);
    assert_int_equal(room.members, 3);
    assert_int_equal(room_unread(&room, &place), 0);
}

static void send_bob_away(struct db *tx)
{
    struct member m = member_of(tx, &bob);
    find(tx, &ann);
    member_remove(tx, arena, &room, &m, &cy, T0 + 3);
    assert_int_equal(room.members, 2);
}

static void ann_leaves(struct db *tx)
{
    struct member m = member_of(tx, &ann);
    find(tx, &ann);
    member_remove(tx, arena, &room, &m, &ann, T0 + 4);
}

static void members_stand_by_rank(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(add_cy);
    assert_string_equal(members_now(), "ann:owner cy:moderator bob:member ");
    write_it(send_bob_away);
    assert_string_equal(members_now(), "ann:owner cy:moderator ");
    assert_int_equal(told("chat.member_left chat:" URI " account:" BOB " {"), 1);
    assert_int_equal(told("\"change\":\"removed\",\"role\":\"member\""), 1);
}

static void an_owner_is_followed(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(add_cy);
    write_it(ann_leaves);
    assert_string_equal(members_now(), "cy:owner bob:member ");
    assert_int_equal(told("\"change\":\"left\",\"role\":\"owner\""), 1);
    assert_int_equal(told("\"change\":\"role\",\"role\":\"owner\""), 1);
}

static void page_of_members(struct db *db)
{
    struct member after = member_of(db, &ann);
    names = buf_in(arena);
    member_list(db, STR(URI), &after, 1, add_name, &names);
    assert_string_equal(buf_cstr(&names), "cy:moderator ");
    after = member_of(db, &cy);
    names = buf_in(arena);
    member_list(db, STR(URI), &after, 100, add_name, &names);
    assert_string_equal(buf_cstr(&names), "bob:member ");
}

static void members_are_paged(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(add_cy);
    read_it(page_of_members);
}

/* ---- Messages that change ---- */

static struct message m;

static void say_and_change(struct db *tx)
{
    say(tx, &bob, "frist", NULL);
    assert_true(message_find(tx, STR(URI), 1, arena, &m));
    message_change(tx, arena, &room, &m, STR("first"), &bob, T0 + 20);
    message_change(tx, arena, &room, &m, (struct str){0}, &ann, T0 + 30);
    assert_false(message_find(tx, STR(URI), 2, arena, &m));
}

static void add_was(void *arg, struct str text, int64_t at_us, struct str actor)
{
    buf_addf(arg, "%.*s by %.*s at %lld; ", STR_ARG(text), STR_ARG(actor), (long long)(at_us - T0));
}

static void read_history(struct db *db)
{
    names = buf_in(arena);
    message_history(db, STR(URI), 1, add_was, &names);
    assert_true(message_find(db, STR(URI), 1, arena, &m));
}

static void what_it_was_is_kept(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(say_and_change);
    read_it(read_history);
    assert_string_equal(buf_cstr(&names), "frist by bob at 20; first by ann at 30; ");
    assert_int_equal(m.text.len, 0);
    assert_int_equal(m.edits, 2);
    assert_int_equal(m.deleted_us, T0 + 30);
    assert_int_equal(told("chat.edited chat:" URI " {"), 1);
    assert_int_equal(told("chat.deleted chat:" URI " {"), 1);
}

static void add_seq(void *arg, const struct message *one)
{
    buf_addf(arg, "%lld ", (long long)one->seq);
}

static void say_five(struct db *tx)
{
    for (int i = 0; i < 5; i++)
        say(tx, &ann, "x", NULL);
}

static void page_messages(struct db *db)
{
    static const struct {
        struct message_page page;
        const char *want;
    } cases[] = {
        {{.before = 6, .limit = 2, .last = true}, "4 5 "},
        {{.before = 6, .limit = 9, .last = true}, "1 2 3 4 5 "},
        {{.before = 4, .limit = 2, .last = true}, "2 3 "},
        {{.after = 1, .before = 6, .limit = 2}, "2 3 "},
        {{.after = 1, .before = 4, .limit = 9}, "2 3 "},
        {{.after = 5, .before = 6, .limit = 9}, ""},
        {{.before = 1, .limit = 9, .last = true}, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        names = buf_in(arena);
        message_list(db, STR(URI), &cases[i].page, add_seq, &names);
        assert_string_equal(buf_cstr(&names), cases[i].want);
    }
}

static void messages_are_paged(void **state)
{
    (void)state;
    write_it(make_room);
    write_it(say_five);
    read_it(page_messages);
}

/* ---- Somebody's rooms ---- */

static void make_three(struct db *tx)
{
    static const char *const uris[] = {"00000000000000a", "00000000000000b", "00000000000000c"};
    for (size_t i = 0; i < ARRAY_LEN(uris); i++) {
        struct room r = some_room(i == 2 ? ROOM_ORDER : ROOM_OPEN);
        r.uri = str_of(uris[i]);
        r.account_id = (struct str){0};
        r.active_us = T0 + (int64_t)i;
        room_insert(tx, &r);
        member_add(tx, arena, &r, &bob, ROOM_MEMBER, &bob, T0);
    }
    assert_true(room_find(tx, STR("00000000000000a"), ann.id, arena, &room, &place));
    (void)room_say(
        tx, arena, &room, NULL,
        &(struct room_post){.by = ann, .text = STR("hi"), .actor = STR("a"), .at_us = T0 + 100});
}

static void add_listed(void *arg, const struct listed *l)
{
    buf_addf(arg, "%c%lld%s ", l->room.uri.at[14], (long long)room_unread(&l->room, &l->place),
             l->last ? "!" : "");
}

static void list_as_bob(struct db *db)
{
    const struct grant grant = {.shop = STR(SHOP), .role = ROLE_COURIER};
    struct caller c = {.role = ROLE_COURIER, .id = STR(BOB), .grants = &grant, .grant_count = 1};
    const struct {
        struct str before;
        int64_t limit;
        const char *want;
    } cases[] = {{{0}, 10, "a1! c0 b0 "},
                 {{0}, 1, "a1! "},
                 {STR("00000000000000a"), 10, "c0 b0 "},
                 {STR("00000000000000b"), 10, ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        names = buf_in(arena);
        listing_rooms(db, arena, &c, cases[i].before, cases[i].limit, add_listed, &names);
        assert_string_equal(buf_cstr(&names), cases[i].want);
    }
    assert_int_equal(listing_badge(db, arena, &c).unread, 1);
    assert_int_equal(listing_badge(db, arena, &c).rooms, 1);
    c.grant_count = 0; /* dismissed: the thread is not his any more */
    names = buf_in(arena);
    listing_rooms(db, arena, &c, (struct str){0}, 10, add_listed, &names);
    assert_string_equal(buf_cstr(&names), "a1! b0 ");
}

static void rooms_are_listed_by_what_was_said_last(void **state)
{
    (void)state;
    write_it(make_three);
    read_it(list_as_bob);
}

/* ---- Invitations ---- */

static void invite_and_use(struct db *tx)
{
    struct invite i = {.code = STR("codecodecodecodecodeco"),
                       .id = STR(ORDER),
                       .uri = STR(URI),
                       .role = ROOM_MEMBER,
                       .made_by = STR(ANN),
                       .made_us = T0,
                       .expires_us = T0 + 100,
                       .uses_left = 1};
    invite_insert(tx, &i);
    assert_true(invite_holds(&i, T0 + 99));
    assert_false(invite_holds(&i, T0 + 100));
    invite_use(tx, &i);
    assert_true(invite_find(tx, i.code, arena, &i));
    assert_false(invite_holds(&i, T0));
    assert_int_equal(invite_list(tx, STR(URI), NULL, NULL), 1);
    assert_false(invite_drop(tx, STR("fedcba987654321"), i.id)); /* another room's */
    assert_true(invite_drop(tx, STR(URI), i.id));
    assert_false(invite_drop(tx, STR(URI), i.id));
    assert_false(invite_find(tx, i.code, arena, &i));
    i.uses_left = INVITE_ENDLESS;
    i.expires_us = 0;
    assert_true(invite_holds(&i, INT64_MAX));
}

static void an_invitation_ends(void **state)
{
    (void)state;
    write_it(invite_and_use);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, chat_setup, chat_teardown)
    const struct CMUnitTest tests[] = {
        TEST(members_stand_by_rank), TEST(an_owner_is_followed),
        TEST(members_are_paged),     TEST(what_it_was_is_kept),
        TEST(messages_are_paged),    TEST(rooms_are_listed_by_what_was_said_last),
        TEST(an_invitation_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
