/* live_room_test.c - what several share: words and commands of a service for every person's
 * socket, channels that are taken from somebody, sockets that are told bare events, whispers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/live_fixture.h"
#include "app/presence.h"
#include "app/whisper.h"

static atomic_int guard_ms;    /* how long the guard thinks */
static atomic_int guard_asked; /* how often it was */
static atomic_bool refusing;   /* the guard, and rooms, say no */

/* ---- What the rooms' service does ---- */

static const char *room_word(const struct event *e, const struct listener *to, struct buf *values)
{
    (void)to;
    if (str_is(e->payload, "{\"secret\":1}"))
        return NULL;
    buf_addf(values, "{\"cursor\":%lld}", (long long)e->seq);
    return "SAID";
}

static bool may_enter(struct request *rq, struct db *db, struct str id)
{
    bool no = atomic_load(&refusing);
    (void)rq, (void)db, (void)id;
    atomic_fetch_add(&guard_asked, 1);
    usleep((useconds_t)atomic_load(&guard_ms) * 1000);
    return !no;
}

static void run_poke(struct request *rq, struct db *db)
{
    struct str channel = json_text(rq->body, "channel");
    (void)db;
    if (whisper_hears(rq, channel))
        whisper(rq->app, &(struct whisper){.channel = channel,
                                           .event = "POKED",
                                           .values = STR("{\"by\":1}"),
                                           .by = rq->caller.id});
    else
        refuse(rq, PROBLEM_NOT_FOUND, "not there");
}

static bool admit(struct request *rq, struct socket_admission *a)
{
    a->subject = rq->params[0];
    a->channels[0] = str_of(arena_printf(rq->arena, "room:%.*s", STR_ARG(rq->params[0])));
    a->channel_count = 1;
    return rq->caller.role != ROLE_NONE || refuse(rq, PROBLEM_NOT_LOGGED_IN, NULL);
}

static void look(struct request *rq, struct db *db, int64_t head)
{
    (void)head;
    usleep((useconds_t)atomic_load(&snapshot_ms) * 1000);
    if (!may_enter(rq, db, rq->params[0]))
        refuse(rq, PROBLEM_NOT_FOUND, "no such room");
}

static bool render(const struct event *e, struct buf *out)
{
    buf_addf(out, "%lld", (long long)e->seq);
    return str_is(e->topic, "room.said");
}

static const struct channel_guard room_guards[] = {
    {.prefix = "room:", .may = may_enter, .ended_by = "room.left"}};
static const struct topic_words room_words[] = {{"room.said", room_word}};
static const struct socket_command room_commands[] = {
    {.event = "POKE", .who = WHO_PERSON, .on = RUN_HERE, .run = run_poke}};
static const struct socket_kind room_sockets[] = {{.name = "room",
                                                   .path = "/{uri:hex4}",
                                                   .admit = admit,
                                                   .snapshot = look,
                                                   .render = render,
                                                   .replays = true,
                                                   .bare = true}};

static const struct service room_service = {.name = "room",
                                            .sockets = room_sockets,
                                            .socket_count = 1,
                                            .guards = room_guards,
                                            .guard_count = 1,
                                            .words = room_words,
                                            .word_count = 1,
                                            .person_commands = room_commands,
                                            .person_command_count = 1};

static int setup(void **state)
{
    static const struct service *const services[] = {&live_service, &room_service};
    (void)state;
    test_house_init(&house);
    house.config.loops = 2;
    test_house_open(&house, services, 2);
    return 0;
}

/* ---- What tests do ---- */

static int64_t say(const char *channels)
{
    tell_many("room.said", "{}", channels, 1);
    return house_head();
}

static void send_away(const char *account)
{
    char channels[100];
    snprintf(channels, sizeof channels, "[\"room:00aa\",\"account:%s\"]", account);
    tell_many("room.left", "{}", channels, 1);
}

static void hear_said(struct client *c, int64_t seq)
{
    char want[100];
    snprintf(want, sizeof want, "{\"event\":\"SAID\",\"values\":{\"cursor\":%lld}}",
             (long long)seq);
    hear(c, want);
}

static void hear_named(struct client *c, const char *event, const char *part)
{
    char head[100];
    assert_int_equal(client_hear(c, frame, sizeof frame), 1);
    snprintf(head, sizeof head, "{\"event\":\"%s\",", event);
    assert_true(str_starts(str_of(frame), str_of(head)));
    assert_non_null(strstr(frame, part));
}

static struct client *listen_to_room(const char *account)
{
    struct client *c = open_socket(account, "");
    hear_connected(c, house_head());
    client_say(c, "{\"event\":\"SUBSCRIBE\",\"values\":{\"channel\":\"room:00aa\"}}");
    hear_named(c, "SUBSCRIBED", "room:00aa");
    return c;
}

static struct client *open_room(const char *account, const char *path)
{
    struct client *c = mem_alloc(sizeof *c);
    assert_int_equal(client_upgrade_with(c, house.port, path, bearer(account)), 101);
    return c;
}

static void hear_bare(struct client *c, int64_t seq)
{
    char want[24];
    snprintf(want, sizeof want, "%lld", (long long)seq);
    hear(c, want);
}

/* ---- Words and commands ---- */

static void a_service_words_its_own_topics(void **state)
{
    (void)state;
    struct client *c = listen_to_room("a");
    hear_said(c, say("[\"room:00aa\"]"));
    atomic_store(&worded, 0);
    hear_said(c, say("[\"account:a\"]"));
    tell_many("room.said", "{\"secret\":1}", "[\"room:00aa\"]", 1);
    assert_int_equal(atomic_load(&worded), 0); /* nobody else is asked */
    hear_news(c, tell_on("[\"room:00aa\"]"), "customer ko");
    client_say(c, "{\"event\":\"POKE\",\"values\":{\"channel\":\"room:00ab\"}}");
    hear_named(c, "ERROR", "not-found");
    client_say(c, "{\"event\":\"PRICK\"}");
    hear_named(c, "ERROR", "unknown-event");
    drop(c);
}

/* ---- Taken away ---- */

static void who_is_sent_away_hears_no_more(void **state)
{
    struct client *all[6];
    struct client *bare[4];
    (void)state;
    struct client *stays = listen_to_room("s");
    for (size_t i = 0; i < ARRAY_LEN(all); i++) /* on both loops */
        all[i] = listen_to_room("t");
    for (size_t i = 0; i < ARRAY_LEN(bare); i++)
        bare[i] = open_room("t", "/00aa");
    int64_t before = say("[\"room:00aa\"]");
    for (size_t i = 0; i < ARRAY_LEN(bare); i++)
        hear_bare(bare[i], before);
    send_away("t");
    int64_t left = house_head();
    int64_t after = say("[\"room:00aa\"]");
    int64_t own = say("[\"account:t\"]");
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        hear_said(all[i], before);
        hear_news(all[i], left, "customer ko"); /* the event itself */
        hear_named(all[i], "UNSUBSCRIBED", "room:00aa");
        hear_said(all[i], own);
        drop(all[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
        hear_close(bare[i], 1008, "not yours any more");
        drop(bare[i]);
    }
    hear_said(stays, before);
    hear_news(stays, left, "customer ko");
    hear_said(stays, after);
    drop(stays);
}

/* The guard has said yes, and its caller is sent away before the socket listens. */
static void between_the_guard_and_the_channel_nobody_slips_through(void **state)
{
    (void)state;
    struct client *c = open_socket("r", "");
    hear_connected(c, house_head());
    atomic_store(&guard_asked, 0);
    atomic_store(&guard_ms, 300);
    client_say(c, "{\"event\":\"SUBSCRIBE\",\"values\":{\"channel\":\"room:00aa\"}}");
    while (atomic_load(&guard_asked) == 0)
        usleep(1000);
    atomic_store(&refusing, true);
    send_away("r");
    hear_news(c, house_head(), "customer ko");
    atomic_store(&guard_ms, 0);
    hear_named(c, "ERROR", "forbidden");
    assert_int_equal(atomic_load(&guard_asked), 2);
    say("[\"room:00aa\"]");
    hear_nothing(c);
    atomic_store(&refusing, false);
    drop(c);
}

/* The same while a room's own socket opens. */
static void nor_between_the_snapshot_and_the_channel(void **state)
{
    (void)state;
    atomic_store(&guard_asked, 0);
    atomic_store(&guard_ms, 300);
    struct client *c = open_room("n", "/00aa");
    while (atomic_load(&guard_asked) == 0)
        usleep(1000);
    send_away("n");
    say("[\"room:00aa\"]");
    hear_close(c, 1008, "not yours any more");
    atomic_store(&guard_ms, 0);
    drop(c);
}

/* ---- Sockets that are told bare events ---- */

static void a_bare_socket_goes_on_from_a_cursor(void **state)
{
    char path[40];
    (void)state;
    int64_t first = say("[\"room:00aa\"]");
    int64_t second = say("[\"room:00aa\"]");
    tell_on("[\"room:00aa\"]"); /* not for it */
    say("[\"room:00ab\"]");
    int64_t third = say("[\"room:00aa\"]");
    snprintf(path, sizeof path, "/00aa?after=%lld", (long long)first);
    struct client *c = open_room("c", path);
    hear_bare(c, second);
    hear_bare(c, third);
    hear_bare(c, say("[\"room:00aa\"]"));
    hear_nothing(c);
    drop(c);
    assert_int_equal(client_upgrade_with(&http, house.port, "/00aa?after=99999", bearer("c")), 409);
    client_close(&http);
    assert_int_equal(client_upgrade_with(&http, house.port, "/00aa", ""), 401);
    client_close(&http);
}

/* More than are held, in two rooms, while its snapshot takes its time. */
static void what_comes_while_it_opens_is_told(void **state)
{
    (void)state;
    int64_t head = house_head();
    atomic_store(&snapshot_ms, 300);
    struct client *c = open_room("o", "/00aa");
    tell_many("room.said", "{}", "[\"room:00aa\"]", 300);
    tell_many("room.said", "{}", "[\"room:00ab\"]", 10);
    tell_many("room.said", "{}", "[\"room:00aa\"]", 1);
    for (int i = 1; i <= 300; i++)
        hear_bare(c, head + i);
    hear_bare(c, head + 311);
    atomic_store(&snapshot_ms, 0);
    drop(c);
}

static void a_stranger_is_told_nothing(void **state)
{
    (void)state;
    atomic_store(&refusing, true);
    struct client *c = open_room("x", "/00aa?after=0");
    hear_close(c, 1008, "not-found");
    atomic_store(&refusing, false);
    drop(c);
}

/* ---- Whispers, and who is there ---- */

static void a_whisper_reaches_others_and_is_not_kept(void **state)
{
    struct client *others[4];
    (void)state;
    struct client *me = listen_to_room("w");
    struct client *mine = listen_to_room("w");
    for (size_t i = 0; i < ARRAY_LEN(others); i++) /* on both loops */
        others[i] = listen_to_room(i % 2 ? "v" : "u");
    struct client *bare = open_room("u", "/00aa");
    struct client *away = open_socket("z", "");
    hear_connected(away, house_head());
    int64_t head = house_head();
    client_say(me, "{\"event\":\"POKE\",\"values\":{\"channel\":\"room:00aa\"}}");
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        hear(others[i], "{\"event\":\"POKED\",\"values\":{\"by\":1}}");
        drop(others[i]);
    }
    hear_nothing(me);
    hear_nothing(mine);
    hear_nothing(bare);
    hear_nothing(away);
    assert_int_equal(house_head(), head);
    drop(me);
    drop(mine);
    drop(bare);
    drop(away);
}

static void wait_for_presence(const char *account, bool wanted)
{
    for (int i = 0; i < PATIENCE_MS && presence_of_account(house.app, str_of(account)) != wanted;
         i++)
        usleep(1000);
    assert_int_equal(presence_of_account(house.app, str_of(account)), wanted);
}

static void who_shares_a_channel_is_there(void **state)
{
    (void)state;
    struct client *alone = open_socket("p", "");
    hear_connected(alone, house_head());
    assert_false(presence_of_account(house.app, STR("p")));
    struct client *shares = listen_to_room("p");
    wait_for_presence("p", true);
    drop(shares);
    wait_for_presence("p", false);
    struct client *bare = open_room("p", "/00aa");
    wait_for_presence("p", true);
    drop(bare);
    wait_for_presence("p", false);
    drop(alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_words_its_own_topics),
        cmocka_unit_test(who_is_sent_away_hears_no_more),
        cmocka_unit_test(between_the_guard_and_the_channel_nobody_slips_through),
        cmocka_unit_test(nor_between_the_snapshot_and_the_channel),
        cmocka_unit_test(a_bare_socket_goes_on_from_a_cursor),
        cmocka_unit_test(what_comes_while_it_opens_is_told),
        cmocka_unit_test(a_stranger_is_told_nothing),
        cmocka_unit_test(a_whisper_reaches_others_and_is_not_kept),
        cmocka_unit_test(who_shares_a_channel_is_there),
    };
    return cmocka_run_group_tests(tests, setup, live_teardown);
}
