/* token.h - signed tokens: who the bearer is, without asking anybody. JWT HS256 (RFC 7519) by
 * libjwt; the algorithm is pinned, the key is ACCESS_TOKEN_KEY or made once and kept in the data
 * folder. */
#ifndef PESAN_APP_TOKEN_H
#define PESAN_APP_TOKEN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/id.h"

enum role {
    ROLE_NONE, /* nobody in particular */
#define ROLE(name, word) ROLE_##name,
#include "app/tbl/roles.h"
#undef ROLE
    ROLE_COUNT
};

#define ROLE_BIT(role) (1u << (role))

const char *role_word(enum role r);
MUST_USE bool role_parse(struct str word, enum role *role_r);

/* Where somebody works, and as what. */
struct grant {
    struct str shop; /* its id */
    enum role role;  /* owner, manager, barista or courier */
};

/* The id of the command line's own callers: admins without an account, known by our key alone. */
#define CALLER_HOUSE "house"

/* Who asks. Slices live in the request's arena; at == NULL where it does not apply. */
struct caller {
    enum role role;      /* ROLE_NONE: nobody is logged in; else the strongest he has */
    struct str id;       /* claim sub: the account's id, the kiosk's, or of a guest
                            his order's */
    struct str username; /* claim username */
    struct str shop;     /* claim shop: the shop a kiosk belongs to, or the first he works in */
    struct str session;  /* claim sid; at == NULL: a token of the command line or of a device */
    struct str language; /* claim lang: the account's own; at == NULL: none */
    int64_t issued_us;   /* claim iat */
    int64_t expires_us;  /* claim exp */
    int64_t until_us;    /* claim til: may be renewed until then; 0: may not */
    int64_t turn;        /* claim trn: counts the renewals of its session */
    const struct grant *grants; /* where he works, from people_resolve() */
    size_t grant_count;         /* of those */
};

struct token_key;

/* From `secret` when given (at least 16 bytes), else from `folder`/token.key, which is made (mode
 * 0600) when `make` and absent. NULL with a clear line in *why_r. */
MUST_USE struct token_key *token_key_open(struct str secret, const char *folder, bool make,
                                          const char **why_r);
void token_key_free(struct token_key **key);

/* Sign a token for the caller (its expires_us included), appended to out. Claims: sub, username,
 * role, shop, sid, lang, til, trn, iat (issued_us, now when 0), exp; owner_id for an owner,
 * client_id for a customer. The same caller gives the same text. Any thread. */
void token_issue(const struct token_key *key, const struct caller *c, struct buf *out);

/* Verify signature, algorithm and expiry. Fills *caller_r with copies in the arena; false for
 * anything that is not right. Any thread. */
MUST_USE bool token_verify(const struct token_key *key, struct str token, int64_t now_us,
                           struct arena *arena, struct caller *caller_r);

/* The same for one that may have expired, but may still be renewed (now_us < until_us). */
MUST_USE bool token_verify_renewable(const struct token_key *key, struct str token, int64_t now_us,
                                     struct arena *arena, struct caller *caller_r);

/* A signature of `content` that holds for this purpose alone, and from which nobody without the key
 * can try out what the content was. Any thread. */
void token_mac(const struct token_key *key, const char *purpose, struct str content,
               uint8_t mac_r[SHA256_LEN]);

/* A link that needs no log-in: `id` with a signature that holds for this purpose ("track") and no
 * other. URL-safe text in the arena. Any thread. */
struct str link_make(const struct token_key *key, const char *purpose, struct str id,
                     struct arena *arena);

/* The id in a link made by link_make() with the same purpose; false for anything else. */
MUST_USE bool link_read(const struct token_key *key, const char *purpose, struct str link,
                        struct id *id_r);

#endif
