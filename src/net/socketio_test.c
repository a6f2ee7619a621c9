/* socketio_test.c - Socket.IO clients on real sockets: who is let in, when, and all ways to go. */
#include "net/engine_testbed.h"
#include "net/socketio.h"

#define ID_A "AAAAAAAAAAAAAAAAAAAA"
#define ID_B "BBBBBBBBBBBBBBBBBBBB"

/* The house above, on one loop. */
struct house {
    struct testbed bed;
    struct net_config net;         /* may be changed before house_start() */
    struct socketio_config config; /* the same */
    struct socketio *io;
    struct diary diary;
    struct socketio_socket *asked; /* the one in /later that waits for an answer */
    struct socketio_socket *root;  /* the one in "/" */
    struct socketio_socket *other; /* another one, in /quiet */
    bool drags_along;              /* when "/" goes, /quiet is disconnected, too */
    bool writable;                 /* what look() saw */
};

static struct house house;

/* --- the house above: what it does hangs on the namespace, and on the event's name --- */

static const char *const namespaces[] = {"/",      "/later",  "/refused", "/kicked", "/left",
                                         "/rival", "/broken", "/ids",     "/quiet"};

static void *arrived(void *ctx, const struct exchange *x)
{
    (void)ctx, (void)x;
    diary_note(&house.diary, "arrived", STR(""));
    return mem_alloc(1);
}

static void left(void *ctx, void *arrival)
{
    (void)ctx;
    diary_note(&house.diary, "departed", STR(""));
    mem_free(arrival);
}

static void accept_new(struct socketio_socket *s)
{
    socketio_accept(s, (struct str){0}, (struct str){0});
}

static void admit(struct socketio_socket *s, struct str nsp)
{
    if (str_is(nsp, "/later")) {
        house.asked = s;
    } else if (str_is(nsp, "/kicked")) { /* let in and thrown out, with its connection */
        accept_new(s);
        socketio_disconnect(s, true);
        socketio_disconnect(s, true);
    } else if (str_is(nsp, "/left")) { /* the same, but the connection stays */
        accept_new(s);
        socketio_disconnect(s, false);
        socketio_emit(s, &(struct socketio_event){.name = STR("never")});
    } else if (str_is(nsp, "/rival")) { /* its own connection is closed before it is let in */
        socketio_disconnect(house.root, true);
        accept_new(s);
    } else if (str_is(nsp, "/ids")) {
        socketio_accept(s, STR(ID_A), STR(ID_B));
    } else {
        accept_new(s);
    }
}

static void *on_connect(void *ctx, struct socketio_socket *s, const struct socketio_connect *c)
{
    char *nsp = mem_alloc(c->nsp.len + 1);
    (void)ctx;
    memcpy(nsp, c->nsp.at, c->nsp.len);
    assert_non_null(c->arrived);
    diary_note(&house.diary, "connect ", c->nsp);
    if (c->pid.at)
        diary_note(&house.diary, "goes on behind ", c->offset);
    if (str_is(c->nsp, "/broken")) /* its own connection is closed before it is refused */
        socketio_disconnect(house.root, true);
    if (str_is(c->nsp, "/refused") || str_is(c->nsp, "/broken")) {
        socketio_refuse(s, STR("no"), STR("{\"why\":1}"));
        mem_free(nsp);
        return NULL;
    }
    if (str_is(c->nsp, "/"))
        house.root = s;
    if (str_is(c->nsp, "/quiet"))
        house.other = s;
    admit(s, c->nsp);
    return nsp;
}

static void on_event(struct socketio_socket *s, void *user, const struct socketio_event *e)
{
    (void)user;
    assert_ptr_equal(socketio_user(s), user);
    diary_note(&house.diary, "event ", e->name);
    if (str_is(e->name, "leave"))
        socketio_disconnect(s, false);
    else if (str_is(e->name, "close"))
        socketio_disconnect(s, true);
    else if (str_is(e->name, "echo"))
        socketio_emit(s, e);
    else if (str_is(e->name, "ack"))
        socketio_ack(s, e->id, e);
}

static void on_closed(struct socketio_socket *s, void *user, enum socketio_end end)
{
    static const char *const ends[] = {"lost", "by client", "by server"};
    struct buf line = {0};
    buf_addf(&line, "%s %s", (const char *)user, ends[end]);
    diary_note(&house.diary, "closed ", buf_str(&line));
    buf_fini(&line);
    assert_int_equal(socketio_sid(s).len, SOCKETIO_ID_SIZE);
    (void)socketio_pid(s);
    if (s == house.other)
        house.other = NULL;
    if (s == house.root && house.drags_along && house.other)
        socketio_disconnect(house.other, true);
    if (s == house.asked)
        house.asked = NULL;
    mem_free(user);
}

static const struct socketio_ops ops = {.arrived = arrived,
                                        .left = left,
                                        .connect = on_connect,
                                        .event = on_event,
                                        .closed = on_closed};

static void on_request(struct testbed *bed, struct exchange *x)
{
    (void)bed;
    engine_request(socketio_engine(house.io), x, &(struct engine_door){.origin_ok = true});
}

static struct server *on_head(void *ctx, struct exchange *x, size_t *body_max)
{
    (void)ctx;
    return engine_head(socketio_engine(house.io), x, body_max);
}

static void server_freed(struct testbed *bed)
{
    (void)bed;
    socketio_free(&house.io);
}

static void house_init(void)
{
    house = (struct house){.diary.lock = PTHREAD_MUTEX_INITIALIZER};
    net_config_default(&house.net);
    socketio_config_default(&house.config);
    house.config.namespaces = namespaces;
    house.config.namespace_count = ARRAY_LEN(namespaces);
}

static void house_start(void)
{
    house.bed.ops.head = on_head;
    house.bed.server_freed = server_freed;
    bed_prepare(&house.bed, &house.net, on_request);
    house.io = socketio_new(house.bed.server, &house.config, &ops, NULL);
    bed_go(&house.bed);
}

/* In the end each client has left, and each socket was closed. */
static void house_stop(void)
{
    bed_stop(&house.bed);
    assert_int_equal(diary_count(&house.diary, "arrived"), diary_count(&house.diary, "departed\n"));
    buf_fini(&house.diary.text);
}

/* --- done on the loop's thread --- */

static void accept_asked(struct testbed *bed)
{
    (void)bed;
    accept_new(house.asked);
}

static void refuse_asked(struct testbed *bed)
{
    (void)bed;
    socketio_refuse(house.asked, STR("not today"), (struct str){0});
}

static void kick_root(struct testbed *bed)
{
    (void)bed;
    socketio_disconnect(house.root, true);
}

static void look(struct testbed *bed)
{
    (void)bed;
    house.writable = socketio_writable(house.root);
}

static void tell_root(struct testbed *bed)
{
    (void)bed;
    struct frame *f = socketio_event_frame(STR("/"), STR("news"), STR("1,2"), STR("7"));
    socketio_send(house.root, f);
    frame_unref(f);
}

static void send_file(struct testbed *bed)
{
    (void)bed;
    const struct str attachments[] = {STR("abc"), STR("")};
    socketio_emit(house.root,
                  &(struct socketio_event){.name = STR("file"),
                                           .args = STR("{\"_placeholder\":true,\"num\":0},"
                                                       "{\"_placeholder\":true,\"num\":1}"),
                                           .attachments = attachments,
                                           .attachment_count = 2});
}

/* --- the client --- */

/* A WebSocket client in `nsp`. */
static void enter(struct client *c, const char *nsp)
{
    struct buf packet = {0};
    buf_addf(&packet, "40%s%s", nsp, nsp[1] ? "," : "");
    client_say(c, nsp[1] ? buf_cstr(&packet) : "40");
    buf_fini(&packet);
}

static void open_in_root(struct client *c)
{
    client_open_socket(c, &house.bed);
    enter(c, "/");
    assert_memory_equal(client_message(c), "40{\"sid\":\"", 10);
}

static void say_binary(struct client *c, const char *bytes, size_t len)
{
    struct buf out = {0};
    const struct ws_client_frame frame = {
        .opcode = WS_OP_BINARY, .mask = {1, 2, 3, 4}, .payload = {bytes, len}};
    uint8_t *at = (uint8_t *)buf_reserve(&out, WS_CLIENT_HEAD_MAX + len);
    say_bytes(c->fd, at, ws_client_frame(at, &frame));
    buf_fini(&out);
}

/* --- who is let in --- */

static void test_an_answer_that_takes_its_time(void **state)
{
    struct client c = {0};
    (void)state;
    house_init();
    house_start();
    open_in_root(&c);
    enter(&c, "/later");
    diary_expect(&house.diary, "connect /later\n", 1);
    client_say(&c, "42[\"echo\",1]"); /* the other namespace does not wait */
    assert_string_equal(client_message(&c), "42[\"echo\",1]");
    bed_call(&house.bed, refuse_asked);
    assert_string_equal(client_message(&c), "44/later,{\"message\":\"not today\"}");
    diary_expect(&house.diary, "closed /later by server\n", 1);
    enter(&c, "/later"); /* once more */
    diary_expect(&house.diary, "connect /later\n", 2);
    bed_call(&house.bed, accept_asked);
    assert_memory_equal(client_message(&c), "40/later,{\"sid\":", 16);
    client_say(&c, "42/later,[\"echo\"]");
    assert_string_equal(client_message(&c), "42/later,[\"echo\"]");
    client_fini(&c);
    diary_expect(&house.diary, "closed / lost\n", 1);
    diary_expect(&house.diary, "closed /later lost\n", 1);
    house_stop();
}

static void test_refused_at_once_and_unknown(void **state)
{
    struct client c = {0};
    (void)state;
    house_init();
    house_start();
    client_open_socket(&c, &house.bed);
    for (int i = 0; i < 2; i++) {
        enter(&c, "/refused");
        assert_string_equal(client_message(&c),
                            "44/refused,{\"message\":\"no\",\"data\":{\"why\":1}}");
        enter(&c, "/nowhere");
        assert_string_equal(client_message(&c), "44/nowhere,{\"message\":\"Invalid namespace\"}");
    }
    client_fini(&c);
    diary_expect(&house.diary, "departed\n", 1);
    house_stop();
}

/* What a client does while it is joining; the answer never comes. */
static void test_who_leaves_while_joining(void **state)
{
    (void)state;
    static const char *const ways[] = {NULL, "41/later,", "40/later,", "42/later,[\"x\"]",
                                       "nonsense"};
    house_init();
    house_start();
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct client c = {0};
        client_open_socket(&c, &house.bed);
        enter(&c, "/later");
        diary_expect(&house.diary, "connect /later\n", (int)i + 1);
        if (ways[i])
            client_say(&c, ways[i]);
        else
            client_hang_up(&c);
        diary_expect(&house.diary, "closed /later lost\n", (int)i + 1);
        client_fini(&c);
    }
    assert_null(house.asked);
    house_stop();
}

static void test_who_joins_nothing_is_closed(void **state)
{
    struct client c = {0}, later = {0}, root = {0};
    (void)state;
    house_init();
    house.config.connect_timeout_ms = 100;
    house_start();
    open_in_root(&root);
    client_open_socket(&c, &house.bed);
    enter(&c, "/refused");
    client_open_socket(&later, &house.bed);
    enter(&later, "/later");
    client_message(&c);
    assert_string_equal(client_message(&c), "close");
    assert_string_equal(client_message(&later), "close");
    diary_expect(&house.diary, "departed\n", 2);
    diary_expect(&house.diary, "closed /later lost\n", 1);
    client_say(&root, "41");
    client_say(&root, "40");
    assert_memory_equal(client_message(&root), "40{", 3);
    client_fini(&c);
    client_fini(&later);
    client_fini(&root);
    house_stop();
}

static void test_ids_given_and_asked_for(void **state)
{
    struct client c = {0}, polls = {0};
    (void)state;
    house_init();
    house.config.recovery = true;
    house_start();
    client_open_socket(&c, &house.bed);
    client_say(&c, "40/ids,{\"pid\":\"" ID_B "\",\"offset\":\"41\"}");
    assert_string_equal(client_message(&c), "40/ids,{\"sid\":\"" ID_A "\",\"pid\":\"" ID_B "\"}");
    diary_expect(&house.diary, "goes on behind 41\n", 1);
    client_say(&c, "40");
    client_message(&c);
    assert_non_null(strstr(buf_cstr(&c.body), "\"pid\":\""));
    diary_expect(&house.diary, "goes on behind", 1);
    client_open(&polls, &house.bed);
    client_post(&polls, "40/ids,");
    client_expect(&polls, 200, "ok");
    client_get(&polls);
    client_expect(&polls, 200, "40/ids,{\"sid\":\"" ID_A "\",\"pid\":\"" ID_B "\"}");
    client_fini(&c);
    client_fini(&polls);
    house_stop();
}

/* --- thrown out from inside --- */

static void test_thrown_out_while_being_let_in(void **state)
{
    struct client c = {0};
    (void)state;
    house_init();
    house_start();
    client_open_socket(&c, &house.bed);
    enter(&c, "/left");
    assert_memory_equal(client_message(&c), "40/left,", 8);
    assert_string_equal(client_message(&c), "41/left,");
    diary_expect(&house.diary, "closed /left by server\n", 1);
    enter(&c, "/left"); /* it may try again */
    client_message(&c);
    assert_string_equal(client_message(&c), "41/left,");
    enter(&c, "/kicked");
    client_message(&c);
    assert_string_equal(client_message(&c), "41/kicked,");
    assert_string_equal(client_message(&c), "close");
    diary_expect(&house.diary, "closed /kicked by server\n", 1);
    diary_expect(&house.diary, "departed\n", 1);
    client_fini(&c);
    house_stop();
}

/* Its connection is closed while it is being asked whether it may come in. */
static void test_the_connection_goes_while_one_asks(void **state)
{
    static const char *const rivals[] = {"/rival", "/broken"};
    (void)state;
    house_init();
    house_start();
    for (int i = 0; i < 2; i++) {
        struct client c = {0};
        open_in_root(&c);
        enter(&c, rivals[i]);
        assert_string_equal(client_message(&c), "41");
        assert_string_equal(client_message(&c), "close");
        diary_expect(&house.diary, "closed / by server\n", i + 1);
        diary_expect(&house.diary, "departed\n", i + 1);
        client_fini(&c);
    }
    diary_expect(&house.diary, "closed /rival lost\n", 1);
    diary_expect(&house.diary, "closed /broken", 0);
    house_stop();
}

static void test_thrown_out_from_inside_an_event(void **state)
{
    struct client c = {0}, polls = {0};
    (void)state;
    house_init();
    house_start();
    open_in_root(&c);
    client_say(&c, "42[\"leave\"]");
    assert_string_equal(client_message(&c), "41");
    diary_expect(&house.diary, "closed / by server\n", 1);
    enter(&c, "/");
    client_message(&c);
    client_say(&c, "451-[\"close\",{\"_placeholder\":true,\"num\":0}]");
    say_binary(&c, "x", 1);
    assert_string_equal(client_message(&c), "41");
    assert_string_equal(client_message(&c), "close");
    diary_expect(&house.diary, "closed / by server\n", 2);
    client_open(&polls, &house.bed);
    client_post(&polls, "40\x1e"
                        "42[\"close\"]\x1e"
                        "42[\"unheard\"]");
    client_expect(&polls, 200, "ok");
    client_get(&polls);
    assert_int_equal(client_hear(&polls), 200);
    assert_non_null(strstr(buf_cstr(&polls.body), "\x1e"
                                                  "41\x1e"
                                                  "1"));
    diary_expect(&house.diary, "closed / by server\n", 3);
    diary_expect(&house.diary, "unheard", 0);
    client_fini(&c);
    client_fini(&polls);
    house_stop();
}

/* closed() of one socket throws the client's other one out. */
static void test_one_drags_the_other_along(void **state)
{
    (void)state;
    house_init();
    house.drags_along = true;
    house_start();
    for (int way = 0; way < 4; way++) {
        struct client c = {0};
        open_in_root(&c);
        enter(&c, "/quiet");
        client_message(&c);
        if (way == 0)
            client_hang_up(&c);
        else if (way == 1)
            client_say(&c, "41");
        else if (way == 2)
            client_say(&c, "42[\"close\"]");
        else
            bed_call(&house.bed, kick_root);
        diary_expect(&house.diary, "closed /quiet", way + 1);
        diary_expect(&house.diary, "departed\n", way + 1);
        client_fini(&c);
    }
    house_stop();
}

/* --- packets --- */

static void test_attachments_both_ways(void **state)
{
    struct client c = {0}, polls = {0};
    (void)state;
    house_init();
    house_start();
    open_in_root(&c);
    client_say(
        &c, "452-3[\"ack\",{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]");
    say_binary(&c, "first", 5);
    say_binary(&c, "", 0);
    assert_string_equal(
        client_message(&c),
        "462-3[{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]");
    assert_string_equal(client_message(&c), "first");
    assert_string_equal(client_message(&c), "");
    client_open(&polls, &house.bed);
    client_post(&polls, "40");
    client_expect(&polls, 200, "ok");
    client_get(&polls);
    assert_int_equal(client_hear(&polls), 200);
    bed_call(&house.bed, send_file);
    client_get(&polls);
    client_expect(&polls, 200,
                  "452-[\"file\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":"
                  "1}]\x1e"
                  "bYWJj\x1e"
                  "b");
    client_fini(&c);
    client_fini(&polls);
    house_stop();
}

/* What a client may make us keep is one packet's worth. */
static void test_attachments_are_bounded(void **state)
{
    char bytes[400] = {0};
    struct client c = {0}, leaves = {0};
    (void)state;
    house_init();
    house.config.engine.max_payload = 1000;
    house_start();
    open_in_root(&c);
    client_say(&c,
               "453-[\"echo\",[{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":"
               "1},{\"_placeholder\":true,\"num\":2}]]");
    for (int i = 0; i < 3; i++)
        say_binary(&c, bytes, sizeof bytes);
    assert_string_equal(client_message(&c), "close");
    diary_expect(&house.diary, "closed / lost\n", 1);
    open_in_root(&leaves);
    client_say(&leaves, "452-[\"echo\",[{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,"
                        "\"num\":1}]]");
    say_binary(&leaves, bytes, sizeof bytes);
    client_hang_up(&leaves);
    diary_expect(&house.diary, "closed / lost\n", 2);
    diary_expect(&house.diary, "event", 0);
    client_fini(&c);
    client_fini(&leaves);
    house_stop();
}

/* A namespace is left while an event to it is half here. */
static void test_left_between_an_event_and_its_attachment(void **state)
{
    struct client c = {0};
    (void)state;
    house_init();
    house_start();
    open_in_root(&c);
    enter(&c, "/quiet");
    client_message(&c);
    client_say(&c, "451-[\"close\",{\"_placeholder\":true,\"num\":0}]");
    bed_call(&house.bed, tell_root);
    assert_string_equal(client_message(&c), "42[\"news\",1,2,\"7\"]");
    house.drags_along = false;
    bed_call(&house.bed, kick_root);
    assert_string_equal(client_message(&c), "41");
    say_binary(&c, "x", 1);
    assert_string_equal(client_message(&c), "close");
    diary_expect(&house.diary, "departed\n", 1);
    diary_expect(&house.diary, "event", 0);
    client_fini(&c);
    house_stop();
}

static void test_writable(void **state)
{
    struct client c = {0};
    (void)state;
    house_init();
    house_start();
    client_open(&c, &house.bed);
    client_post(&c, "40");
    client_expect(&c, 200, "ok");
    bed_call(&house.bed, look);
    assert_false(house.writable);
    client_get(&c);
    assert_int_equal(client_hear(&c), 200);
    client_get(&c);
    do
        bed_call(&house.bed, look);
    while (!house.writable);
    bed_call(&house.bed, tell_root);
    client_expect(&c, 200, "42[\"news\",1,2,\"7\"]");
    client_fini(&c);
    house_stop();
}

/* --- the end --- */

static void drain(struct testbed *bed)
{
    (void)bed;
    engine_drain(socketio_engine(house.io));
}

static void test_the_server_goes_first(void **state)
{
    (void)state;
    for (int drained = 0; drained < 2; drained++) {
        struct client c = {0}, polls = {0}, later = {0};
        house_init();
        house.drags_along = true;
        house_start();
        client_open(&polls, &house.bed);
        client_post(&polls, "40/quiet,");
        client_expect(&polls, 200, "ok");
        open_in_root(&c);
        client_say(&c, "451-[\"echo\",{\"_placeholder\":true,\"num\":0}]");
        client_open_socket(&later, &house.bed);
        enter(&later, "/later");
        diary_expect(&house.diary, "connect /later\n", 1);
        if (drained)
            bed_call(&house.bed, drain);
        bed_stop(&house.bed);
        diary_expect(&house.diary, "departed\n", 3);
        diary_expect(&house.diary, "closed", 3);
        buf_fini(&house.diary.text);
        client_fini(&c);
        client_fini(&polls);
        client_fini(&later);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_that_takes_its_time),
        cmocka_unit_test(test_refused_at_once_and_unknown),
        cmocka_unit_test(test_who_leaves_while_joining),
        cmocka_unit_test(test_who_joins_nothing_is_closed),
        cmocka_unit_test(test_ids_given_and_asked_for),
        cmocka_unit_test(test_thrown_out_while_being_let_in),
        cmocka_unit_test(test_the_connection_goes_while_one_asks),
        cmocka_unit_test(test_thrown_out_from_inside_an_event),
        cmocka_unit_test(test_one_drags_the_other_along),
        cmocka_unit_test(test_attachments_both_ways),
        cmocka_unit_test(test_attachments_are_bounded),
        cmocka_unit_test(test_left_between_an_event_and_its_attachment),
        cmocka_unit_test(test_writable),
        cmocka_unit_test(test_the_server_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
