/* body.c - the request's body as a JSON value, whichever way it was sent. */
#include "app/body.h"

#define FIELDS_MAX 1000

enum media { MEDIA_NONE, MEDIA_JSON, MEDIA_FORM, MEDIA_TEXT, MEDIA_OTHER };

/* By the type alone; parameters such as charset do not matter, all is UTF-8. */
static enum media media_of(struct str content_type)
{
    struct str rest = content_type;
    struct str type = str_trim(str_cut(&rest, ';'));
    if (type.len == 0)
        return MEDIA_NONE;
    if (str_eq_nocase(type, STR("application/json")))
        return MEDIA_JSON;
    if (str_eq_nocase(type, STR("application/x-www-form-urlencoded")))
        return MEDIA_FORM;
    return str_eq_nocase(type, STR("text/plain")) ? MEDIA_TEXT : MEDIA_OTHER;
}

/* A part of a form, decoded; at == NULL when it is malformed or not UTF-8. */
static struct str decoded(struct arena *arena, struct str part)
{
    char *text = arena_strdup(arena, part);
    long len = str_percent_decode(text, part.len, true);
    struct str s = {text, len < 0 ? 0 : (size_t)len};
    return len < 0 || !str_utf8_valid(s) ? (struct str){0} : s;
}

static bool add_field(json_t *object, struct arena *arena, struct str pair, const char **why_r)
{
    struct str value = pair;
    struct str name = decoded(arena, str_cut(&value, '='));
    struct str text = decoded(arena, value);
    if (!name.at || !text.at) {
        *why_r = "a form field is not percent-encoded UTF-8";
        return false;
    }
    const char *key = arena_strdup(arena, name);
    if (json_object_get(object, key)) {
        *why_r = "a form field stands twice";
        return false;
    }
    return json_object_set_new(object, key, json_stringn(text.at, text.len)) == 0;
}

json_t *body_form(struct arena *arena, struct str text, const char **why_r)
{
    json_t *object = json_object();
    struct str rest = text;
    size_t fields = 0;
    while (rest.len > 0) {
        struct str pair = str_cut(&rest, '&');
        if (pair.len == 0)
            continue;
        if (++fields > FIELDS_MAX) {
            *why_r = "too many form fields";
            json_decref(object);
            return NULL;
        }
        if (!add_field(object, arena, pair, why_r)) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* Read as `media` says; NULL with a reason, or without one when nobody reads such a thing. */
static json_t *read_as(struct request *rq, enum media media, const char **why_r)
{
    bool lenient = (rq->route->flags & ROUTE_LENIENT_JSON) != 0;
    *why_r = NULL;
    if (media == MEDIA_FORM)
        return body_form(rq->arena, rq->raw, why_r);
    if (media == MEDIA_JSON || media == MEDIA_NONE || (media == MEDIA_TEXT && lenient))
        return json_read(rq->raw, why_r);
    return NULL;
}

bool body_read(struct call *c)
{
    struct request *rq = &c->rq;
    const char *why;
    if (rq->route->body_max == 0)
        return true;
    if (rq->raw.len == 0) {
        rq->body = json_object();
        return true;
    }
    rq->body = read_as(rq, media_of(request_header(rq, "Content-Type")), &why);
    if (rq->body || (rq->route->flags & ROUTE_ANY_BODY))
        return true;
    if (why)
        return refuse(rq, PROBLEM_BAD_JSON, "the body cannot be read: %s", why);
    return refuse(rq, PROBLEM_MEDIA_TYPE, "send application/json");
}
