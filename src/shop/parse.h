/* parse.h - what clients say about shops and their people, made into what edit.h and staff.h take.
 */
#ifndef PESAN_SHOP_PARSE_H
#define PESAN_SHOP_PARSE_H

#include "app/service.h"
#include "shop/edit.h"
#include "shop/staff.h"

/* A new shop; in rq->parsed. */
struct shop_form {
    struct shop shop; /* all but its owner's id; its time zone is not yet known to be one */
    struct str owner; /* his username or id */
};

/* Somebody to be hired; in rq->parsed. */
struct hire_form {
    struct str username; /* or id */
    enum role role;      /* one of STAFF_ROLES */
};

/* parse() of the routes: false after refuse(). A change is a struct shop_change. */
MUST_USE bool shop_parse_new(struct request *rq);
MUST_USE bool shop_parse_change(struct request *rq);
MUST_USE bool shop_parse_hire(struct request *rq);

#endif
