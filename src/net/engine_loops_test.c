/* engine_loops_test.c - Engine.IO sessions whose connections come from another loop. */
#include "net/engine_scene.h"

#define VISITS 30 /* sessions of each visitor, one after another */

/* --- from one loop to another --- */

static const char *name_of(const struct testbed *bed)
{
    return bed->port % 2 ? "odd" : "even";
}

/* What is pipelined behind goes along and is answered where the connection is then. */
static void test_a_connection_is_handed_over_with_its_bytes(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    say(far.fd, "GET /before HTTP/1.1\r\nHost: h\r\n\r\n");
    client_post(&far, "4here");
    say(far.fd, "GET /behind HTTP/1.1\r\nHost: h\r\n\r\n");
    client_expect(&far, 200, name_of(&sc.beds[1]));
    client_expect(&far, 200, "ok");
    client_expect(&far, 200, name_of(&sc.beds[0]));
    diary_expect(&sc.diary, "message here\n", 1);
    client_get(&far);
    await_parked(&sc);
    scene_send(&sc, "there", 1);
    client_expect(&far, 200, "4there");
    client_fini(&c);
    client_fini(&far);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_bodies_and_upgrades_come_from_elsewhere(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0}, slow = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    client_ask(&far, "POST", POLLING, "Expect: 100-continue\r\nContent-Length: 6\r\n\r\n");
    assert_int_equal(client_hear(&far), 100);
    say(far.fd, "4ha");
    bed_call(&sc.beds[0], look_reading);
    assert_true(reading);
    say(far.fd, "lf");
    client_ask(&far, "GET", "/x?", "\r\n");
    assert_int_equal(client_hear(&far), 200);
    diary_expect(&sc.diary, "message halfG\n", 1);
    client_join(&slow, &sc.beds[1], &c);
    client_ask_socket(&slow);
    client_say(&slow, "2probe"); /* a frame behind the head */
    assert_int_equal(client_hear(&slow), 101);
    assert_string_equal(client_message(&slow), "3probe");
    client_say(&slow, "5");
    client_say(&slow, "4echo");
    assert_string_equal(client_message(&slow), "4echo");
    client_fini(&c);
    client_fini(&far);
    client_fini(&slow);
    scene_stop(&sc);
    scene_fini(&sc);
}

static void test_who_hangs_up_on_the_way(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    for (int i = 0; i < 100; i++) {
        client_open(&c, &sc.beds[0]);
        client_join(&far, &sc.beds[1], &c);
        client_get(&far);
        client_hang_up(&far);
        diary_expect(&sc.diary, "closed EIO-LOST\n", i + 1);
        client_fini(&c);
        client_fini(&far);
        c = far = (struct client){0};
    }
    scene_stop(&sc);
    scene_fini(&sc);
}

/* A sid may name a loop without being one: that must not gather more connections there than may be
 * open. */
static void test_no_more_arrive_than_may_be_open(void **state)
{
    struct scene sc;
    struct client c = {0}, second = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    sc.net.connections_max = 2;
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_open(&second, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    client_get(&far);
    assert_int_equal(client_hear(&far), 0);
    client_post(&c, "4still here");
    client_expect(&c, 200, "ok");
    client_fini(&c);
    client_fini(&second);
    client_fini(&far);
    scene_stop(&sc);
    scene_fini(&sc);
}

static size_t connections;

static void count_connections(struct testbed *bed)
{
    connections = server_connections(bed->server);
}

static void await_connections(struct testbed *bed, size_t count)
{
    do
        bed_call(bed, count_connections);
    while (connections != count);
}

/* Over a connection with little room, much is asked for and then the session. */
static void ask_much(struct client *far, const struct testbed *bed, const struct client *c)
{
    const int little = 16384;
    setsockopt(bed->server->listener.fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    far->fd = dial_with_room(bed, little);
    client_ask(far, "GET", "/big?", "\r\n");
    memcpy(far->sid, c->sid, sizeof far->sid);
    client_get(far);
}

static void test_who_leaves_takes_no_answer_along(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    scene_send(&sc, "moved", 1);
    ask_much(&far, &sc.beds[1], &c);
    assert_int_equal(client_hear(&far), 200);
    assert_int_equal(far.body.len, BIG);
    client_expect(&far, 200, "4moved");
    client_fini(&far);
    far = (struct client){0};
    await_connections(&sc.beds[1], 0);
    ask_much(&far, &sc.beds[1], &c); /* and hangs up instead of hearing it */
    await_connections(&sc.beds[1], 1);
    client_hang_up(&far);
    await_connections(&sc.beds[1], 0);
    client_fini(&far);
    far = (struct client){0};
    ask_much(&far, &sc.beds[1], &c); /* and hears nothing until the server ends */
    await_connections(&sc.beds[1], 1);
    client_fini(&c);
    scene_stop(&sc);
    client_fini(&far);
    scene_fini(&sc);
}

static void drain_server(struct testbed *bed)
{
    server_drain(bed->server);
}

/* It arrives while the loop is draining already. */
static void test_one_arrives_late(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    bed_call(&sc.beds[0], drain_server);
    client_get(&far);
    await_parked(&sc);
    bed_call(&sc.beds[0], drain);
    client_expect(&far, 200, "1");
    assert_int_equal(client_hear(&far), 0);
    client_fini(&c);
    client_fini(&far);
    await_connections(&sc.beds[0], 0);
    scene_stop(&sc);
    scene_fini(&sc);
}

static sem_t held, released;

static void hold(struct mail *m)
{
    (void)m;
    sem_post(&held);
    while (sem_wait(&released) != 0)
        continue;
}

/* The loop they go to ends while they are on their way. */
static void test_nobody_is_left_to_arrive_at(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    struct mail mail = {.deliver = hold};
    (void)state;
    sem_init(&held, 0, 0);
    sem_init(&released, 0, 0);
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    loop_post(sc.beds[0].loop, &mail);
    while (sem_wait(&held) != 0)
        continue;
    client_ask(&far, "POST", POLLING, "Content-Length: 5\r\n\r\n4");
    usleep(20000);
    await_connections(&sc.beds[1], 0);
    loop_stop(sc.beds[0].loop);
    sem_post(&released);
    scene_stop(&sc);
    assert_int_equal(client_hear(&far), 0);
    client_fini(&c);
    client_fini(&far);
    scene_fini(&sc);
    sem_destroy(&held);
    sem_destroy(&released);
}

/* --- farewell --- */

static void test_a_farewell_waits_for_the_get_that_crosses_it(void **state)
{
    struct scene sc;
    struct client c = {0}, far = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_join(&far, &sc.beds[1], &c);
    client_post(&c, "4last words\x1e"
                    "1\x1e"
                    "4unheard");
    await_post(&sc);
    scene_send(&sc, "queued", 1);
    client_get(&far);
    client_expect(&far, 200, "4queued");
    client_expect(&c, 200, "ok");
    diary_expect(&sc.diary, "closed EIO-CLIENT-CLOSE\n", 1);
    client_get(&far);
    client_expect(&far, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
    client_fini(&c);
    client_fini(&far);
    scene_stop(&sc);
    diary_expect(&sc.diary, "unheard", 0);
    scene_fini(&sc);
}

/* All that may happen to a session meanwhile. */
static void test_what_may_come_between_a_farewell_and_its_answer(void **state)
{
    struct scene sc;
    struct client c[6] = {0}, other = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    for (int i = 0; i < 6; i++) {
        client_open(&c[i], &sc.beds[0]);
        client_post(&c[i], "1");
        if (i > 0)
            await_post(&sc);
        if (i == 1)
            client_hang_up(&c[i]);
        if (i == 2)
            bed_call(&sc.beds[0], close_last);
        if (i == 3)
            scene_send(&sc, "0123456789", 200000);
        if (i == 4) {
            client_join(&other, &sc.beds[0], &c[i]);
            client_post(&other, "4overlap");
            client_expect(&other, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
        }
        if (i == 5)
            bed_call(&sc.beds[0], drain);
        if (i != 1)
            client_expect(&c[i], 200, "ok");
        diary_expect(&sc.diary, "closed", i + 1);
    }
    for (int i = 0; i < 6; i++)
        client_fini(&c[i]);
    client_fini(&other);
    scene_stop(&sc);
    diary_expect(&sc.diary, "closed", 6);
    scene_fini(&sc);
}

static void test_the_server_ends_in_a_farewell(void **state)
{
    struct scene sc;
    struct client c = {0};
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    client_open(&c, &sc.beds[0]);
    client_post(&c, "1");
    await_post(&sc);
    scene_stop(&sc);
    diary_expect(&sc.diary, "closed", 1);
    client_fini(&c);
    scene_fini(&sc);
}

/* --- all at once --- */

struct visitor {
    struct scene *scene;
    pthread_t thread;
    unsigned seed;
};

static unsigned draw(struct visitor *v, unsigned below)
{
    v->seed = v->seed * 1103515245u + 12345u;
    return (v->seed >> 16) % below;
}

/* One session, whose requests go to either loop, and which ends in some way. */
static void visit(struct visitor *v)
{
    struct testbed *beds = v->scene->beds;
    struct client c = {0}, get = {0}, ws = {0};
    client_open(&c, &beds[draw(v, 2)]);
    client_join(&get, &beds[draw(v, 2)], &c);
    client_get(&get);
    client_post(&c, "4echo");
    client_expect(&c, 200, "ok");
    client_expect(&get, 200, "4echo");
    if (draw(v, 2)) {
        client_join(&ws, &beds[draw(v, 2)], &c);
        client_socket(&ws);
        client_say(&ws, "2probe");
        assert_string_equal(client_message(&ws), "3probe");
        client_say(&ws, "5");
        client_say(&ws, "4echo");
        assert_string_equal(client_message(&ws), "4echo");
        client_fini(&ws);
    } else if (draw(v, 2)) {
        client_get(&get);
        if (draw(v, 2))
            client_hang_up(&get);
        else
            client_post(&c, "1");
    } else {
        client_post(&get, "1");
        client_expect(&get, 200, "ok");
    }
    client_fini(&c);
    client_fini(&get);
}

static void *visit_often(void *arg)
{
    for (int i = 0; i < VISITS; i++)
        visit(arg);
    return NULL;
}

static void test_many_sessions_between_two_loops(void **state)
{
    struct scene sc;
    struct visitor visitors[4];
    (void)state;
    scene_init(&sc);
    scene_start(&sc, 2);
    for (unsigned i = 0; i < ARRAY_LEN(visitors); i++) {
        visitors[i] = (struct visitor){.scene = &sc, .seed = i};
        assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit_often, &visitors[i]), 0);
    }
    for (unsigned i = 0; i < ARRAY_LEN(visitors); i++)
        pthread_join(visitors[i].thread, NULL);
    for (int i = 0; i < 2; i++)
        bed_call(&sc.beds[i], drain);
    scene_stop(&sc);
    diary_expect(&sc.diary, "opened\n", (int)ARRAY_LEN(visitors) * VISITS);
    diary_expect(&sc.diary, "closed", (int)ARRAY_LEN(visitors) * VISITS);
    scene_fini(&sc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection_is_handed_over_with_its_bytes),
        cmocka_unit_test(test_bodies_and_upgrades_come_from_elsewhere),
        cmocka_unit_test(test_who_hangs_up_on_the_way),
        cmocka_unit_test(test_no_more_arrive_than_may_be_open),
        cmocka_unit_test(test_who_leaves_takes_no_answer_along),
        cmocka_unit_test(test_one_arrives_late),
        cmocka_unit_test(test_nobody_is_left_to_arrive_at),
        cmocka_unit_test(test_a_farewell_waits_for_the_get_that_crosses_it),
        cmocka_unit_test(test_what_may_come_between_a_farewell_and_its_answer),
        cmocka_unit_test(test_the_server_ends_in_a_farewell),
        cmocka_unit_test(test_many_sessions_between_two_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
