/* parse.h - what clients say about products and categories, made into what menu.h and category.h
 * take. */
#ifndef PESAN_MENU_PARSE_H
#define PESAN_MENU_PARSE_H

#include "app/service.h"
#include "menu/menu.h"

/* A category that is made or changed; in rq->parsed. */
struct category_form {
    struct str name;   /* at == NULL: no wish; clean */
    bool has_position; /* position counts */
    int64_t position;  /* 0 to MENU_POSITION_MAX */
};

/* parse() of the routes; false after refuse(). Products leave a struct menu_change, of a new one
 * with its name and price. */
MUST_USE bool menu_parse_new(struct request *rq);
MUST_USE bool menu_parse_change(struct request *rq);
MUST_USE bool category_parse_new(struct request *rq);
MUST_USE bool category_parse_change(struct request *rq);

#endif
