/* frame_test.c - messages packed once for all who share them, on however many loops. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/frame.h"

#define LENGTH  3000
#define THREADS 4
#define ROUNDS  200

/* Text that packs, or bytes that don't. */
static struct frame *message(bool packs)
{
    char payload[LENGTH];
    uint32_t random = 4711;
    for (size_t i = 0; i < LENGTH; i++) {
        random = random * 1664525 + 1013904223;
        payload[i] = (char)(packs ? 'a' + (random >> 16) % 7 : random >> 24);
    }
    const struct str s = {payload, LENGTH};
    return packs ? frame_text(s) : frame_binary(s);
}

static void test_packed_once(void **state)
{
    struct deflater *d = deflater_new();
    struct frame *f = message(true);
    (void)state;
    struct frame *packed = frame_packed(f, 15, d);
    assert_ptr_not_equal(packed, f);
    assert_true(packed->len < f->len / 2);
    assert_int_equal((uint8_t)packed->at[0], 0xC1);
    assert_ptr_equal(frame_packed(f, 15, d), packed);
    assert_ptr_equal(frame_packed(f, 12, d), packed);
    assert_ptr_equal(frame_packed(f, 11, d), f);

    struct buf out = {0};
    const struct str payload = {packed->at + 4, packed->len - 4};
    assert_int_equal(deflater_unpack(d, payload, true, LENGTH, &out), WS_ERR_NONE);
    assert_memory_equal(out.at, f->at + 4, LENGTH);
    buf_fini(&out);

    /* Who waits to write it keeps it when the message is gone. */
    frame_ref(packed);
    frame_unref(f);
    assert_int_equal((uint8_t)packed->at[0], 0xC1);
    frame_unref(packed);
    deflater_free(&d);
}

static void test_what_stays_as_it_is(void **state)
{
    struct deflater *d = deflater_new();
    static char zeros[WS_CONTROL_MAX];
    struct frame *frames[] = {
        message(false),
        frame_text((struct str){zeros, sizeof zeros}),
        frame_text((struct str){NULL, 0}),
        frame_control(WS_OP_PING, (struct str){zeros, sizeof zeros}),
        frame_close(1000, STR("bye")),
        frame_lasting((struct str){zeros, sizeof zeros}),
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        assert_ptr_equal(frame_packed(frames[i], 15, d), frames[i]);
        assert_ptr_equal(frame_packed(frames[i], 15, d), frames[i]);
        frame_unref(frames[i]);
    }
    deflater_free(&d);
}

/* What the threads share. */
struct race {
    pthread_barrier_t start; /* all at once */
    struct frame *frames[ROUNDS];
};

static void *run(void *arg)
{
    struct race *race = arg;
    struct deflater *d = deflater_new();
    for (size_t i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&race->start);
        struct frame *f = race->frames[i];
        struct frame *packed = frame_packed(f, 15, d);
        CHECK(packed == frame_packed(f, 15, d));
        CHECK((packed != f) == (i % 2 == 0));
        frame_ref(packed);
        frame_unref(f);
        CHECK((uint8_t)packed->at[0] == (i % 2 == 0 ? 0xC1 : 0x82));
        frame_unref(packed);
    }
    deflater_free(&d);
    return NULL;
}

static void test_loops_that_pack_the_same_message(void **state)
{
    struct race race;
    pthread_t threads[THREADS];
    (void)state;
    pthread_barrier_init(&race.start, NULL, THREADS);
    for (size_t i = 0; i < ROUNDS; i++) {
        race.frames[i] = message(i % 2 == 0);
        for (int k = 1; k < THREADS; k++)
            frame_ref(race.frames[i]);
    }
    for (int k = 0; k < THREADS; k++)
        assert_int_equal(pthread_create(&threads[k], NULL, run, &race), 0);
    for (int k = 0; k < THREADS; k++)
        pthread_join(threads[k], NULL);
    pthread_barrier_destroy(&race.start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_once),
        cmocka_unit_test(test_what_stays_as_it_is),
        cmocka_unit_test(test_loops_that_pack_the_same_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
