/* list.h - an intrusive, circular, doubly linked list. */
#ifndef PESAN_BASE_LIST_H
#define PESAN_BASE_LIST_H

#include "base/check.h"

/* A head, or a node inside the struct it links. A node that is not linked has next == NULL. */
struct list {
    struct list *next;
    struct list *prev;
};

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline bool list_linked(const struct list *node)
{
    return node->next != NULL;
}

/* Link `node` before `at`; with a head this is the end of the list. */
static inline void list_add_before(struct list *at, struct list *node)
{
    node->prev = at->prev;
    node->next = at;
    at->prev->next = node;
    at->prev = node;
}

/* Unlink; a node that is not linked is left alone. */
static inline void list_del(struct list *node)
{
    if (!node->next)
        return;
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
}

/* The struct around a node. */
#define LIST_ITEM(node, type, member) CONTAINER_OF(node, type, member)

/* Walk the nodes of `head`; the current node may be unlinked on the way. */
#define LIST_EACH(node, head)                                                                      \
    for (struct list *node = (head)->next, *node##_next = node->next; node != (head);              \
         node = node##_next, node##_next = node->next)

#endif
