/* hub_test.c - channels, and leaving them in the middle of an event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "net/hub.h"

#define COUNT 50

struct listener {
    struct subscriber subscriber;
    int heard;               /* events */
    uint8_t tag;             /* by which it heard the last one */
    struct listener *leaver; /* who leaves the hub when this one hears something */
};

static struct hub *hub;
static struct listener all[COUNT];

static int set_up(void **state)
{
    (void)state;
    hub = hub_new();
    for (int i = 0; i < COUNT; i++) {
        all[i] = (struct listener){.heard = 0};
        subscriber_init(&all[i].subscriber);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hub_free(&hub);
    return 0;
}

static void hear(void *arg, struct subscriber *s, uint8_t tag)
{
    struct listener *l = CONTAINER_OF(s, struct listener, subscriber);
    int *total = arg;
    l->heard++;
    l->tag = tag;
    (*total)++;
    if (l->leaver)
        hub_leave(hub, &l->leaver->subscriber);
}

static int publish(const char *first, const char *second)
{
    const struct str channels[] = {str_of(first), str_of(second)};
    int total = 0;
    hub_publish(hub, channels, second ? 2 : 1, hear, &total);
    return total;
}

static void test_who_listens_hears_once(void **state)
{
    (void)state;
    hub_subscribe(hub, &all[0].subscriber, STR("a"), 0);
    hub_subscribe(hub, &all[0].subscriber, STR("a"), 0);
    hub_subscribe(hub, &all[0].subscriber, STR("b"), 0);
    hub_subscribe(hub, &all[1].subscriber, STR("b"), 0);
    assert_int_equal(hub_listeners(hub, STR("a")), 1);
    assert_int_equal(hub_listeners(hub, STR("b")), 2);
    assert_int_equal(hub_listeners(hub, STR("c")), 0);
    assert_int_equal(publish("a", NULL), 1);
    assert_int_equal(publish("a", "b"), 2);
    assert_int_equal(publish("b", "b"), 2);
    assert_int_equal(publish("c", NULL), 0);
    assert_int_equal(all[0].heard, 3);
    assert_int_equal(all[1].heard, 2);
}

static void add_to_list(void *arg, struct str channel, uint8_t tag)
{
    char *list = arg;
    sprintf(list + strlen(list), "%.*s%d ", STR_ARG(channel), tag);
}

static void test_the_first_channel_gives_the_tag(void **state)
{
    (void)state;
    hub_subscribe(hub, &all[0].subscriber, STR("a"), 1);
    hub_subscribe(hub, &all[0].subscriber, STR("b"), 2);
    hub_subscribe(hub, &all[1].subscriber, STR("b"), 3);
    assert_int_equal(publish("a", "b"), 2);
    assert_int_equal(all[0].tag, 1);
    assert_int_equal(all[1].tag, 3);
    publish("b", "a");
    assert_int_equal(all[0].tag, 2);
    hub_subscribe(hub, &all[0].subscriber, STR("b"), 4);
    char list[100] = "";
    assert_int_equal(hub_channels(&all[0].subscriber), 2);
    hub_each_channel(&all[0].subscriber, add_to_list, list);
    assert_string_equal(list, "a1 b4 ");
    publish("b", NULL);
    assert_int_equal(all[0].tag, 4);
    assert_int_equal(hub_listeners(hub, STR("b")), 2);
}

static void test_leaving(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        hub_subscribe(hub, &all[i].subscriber, STR("a"), 0);
        hub_subscribe(hub, &all[i].subscriber, STR("b"), 0);
    }
    hub_unsubscribe(hub, &all[7].subscriber, STR("a"));
    hub_unsubscribe(hub, &all[7].subscriber, STR("a"));
    hub_unsubscribe(hub, &all[7].subscriber, STR("c"));
    for (int i = 0; i < COUNT; i += 2)
        hub_leave(hub, &all[i].subscriber);
    hub_leave(hub, &all[0].subscriber);
    assert_int_equal(hub_listeners(hub, STR("a")), COUNT / 2 - 1);
    assert_int_equal(publish("b", NULL), COUNT / 2);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(all[i].heard, i % 2);
    for (int i = 0; i < COUNT; i++)
        hub_leave(hub, &all[i].subscriber);
    assert_int_equal(hub_listeners(hub, STR("b")), 0);
    hub_subscribe(hub, &all[0].subscriber, STR("b"), 0);
    assert_int_equal(publish("b", NULL), 1);
}

/* Everybody who stays hears the event once, whoever leaves while it is delivered. */
static void test_leaving_from_inside_an_event(void **state)
{
    (void)state;
    for (int step = 1; step < 12; step++) {
        for (int i = 0; i < COUNT; i++) {
            all[i].heard = 0;
            all[i].leaver = &all[(i * step) % COUNT];
            hub_subscribe(hub, &all[i].subscriber, STR("a"), 0);
            hub_subscribe(hub, &all[i].subscriber, STR("b"), 0);
        }
        publish("a", "b");
        for (int i = 0; i < COUNT; i++) {
            bool stays = !list_empty(&all[i].subscriber.subscriptions);
            assert_true(all[i].heard == 1 || (all[i].heard == 0 && !stays));
        }
        for (int i = 0; i < COUNT; i++)
            hub_leave(hub, &all[i].subscriber);
    }
}

/* The memory of who leaves may go at once. */
static void free_one(void *arg, struct subscriber *s, uint8_t tag)
{
    int *total = arg;
    (void)tag;
    hub_leave(hub, s);
    mem_free(CONTAINER_OF(s, struct listener, subscriber));
    (*total)++;
}

static void test_freed_from_inside_an_event(void **state)
{
    const struct str channels[] = {STR("a"), STR("b"), STR("a")};
    int total = 0;
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        struct listener *l = mem_alloc(sizeof *l);
        subscriber_init(&l->subscriber);
        hub_subscribe(hub, &l->subscriber, STR("a"), 0);
        hub_subscribe(hub, &l->subscriber, STR("b"), 0);
    }
    hub_publish(hub, channels, 3, free_one, &total);
    assert_int_equal(total, COUNT);
    assert_int_equal(hub_listeners(hub, STR("a")), 0);
}

static void test_a_hub_goes_before_its_subscribers(void **state)
{
    (void)state;
    struct hub *other = hub_new();
    hub_subscribe(other, &all[0].subscriber, STR("a"), 0);
    hub_subscribe(other, &all[1].subscriber, STR("a"), 0);
    hub_free(&other);
    hub_free(&other);
    assert_true(list_empty(&all[0].subscriber.subscriptions));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_who_listens_hears_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_first_channel_gives_the_tag, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leaving, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leaving_from_inside_an_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_freed_from_inside_an_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_hub_goes_before_its_subscribers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
