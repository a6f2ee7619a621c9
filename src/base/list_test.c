/* list_test.c - the intrusive list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

/* Something linked. */
struct item {
    int number;
    struct list node;
};

static void keeps_order(void **state)
{
    (void)state;
    struct list head;
    struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
    list_init(&head);
    assert_true(list_empty(&head));
    assert_false(list_linked(&items[0].node));
    for (size_t i = 0; i < 4; i++)
        list_add_before(&head, &items[i].node);
    int expected = 0;
    LIST_EACH (node, &head)
        assert_int_equal(LIST_ITEM(node, struct item, node)->number, expected++);
    assert_int_equal(expected, 4);
}

static void walks_while_unlinking(void **state)
{
    (void)state;
    struct list head;
    struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
    list_init(&head);
    for (size_t i = 0; i < 4; i++)
        list_add_before(&head, &items[i].node);
    LIST_EACH (node, &head) {
        if (LIST_ITEM(node, struct item, node)->number % 2 == 0)
            list_del(node);
    }
    list_del(&items[0].node); /* no longer linked: left alone */
    assert_false(list_linked(&items[0].node));
    assert_ptr_equal(head.next, &items[1].node);
    assert_ptr_equal(head.next->next, &items[3].node);
    assert_ptr_equal(head.prev, &items[3].node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order),
        cmocka_unit_test(walks_while_unlinking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
