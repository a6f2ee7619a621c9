/* asset.h - one file and its encodings, and how a request for it is answered. Private to net. */
#ifndef PESAN_NET_ASSET_H
#define PESAN_NET_ASSET_H

#include "net/exchange.h"

#define ASSET_TAG_LEN 16 /* hexadecimal digits of the SHA-256 of the content */

struct asset {
    const char *path; /* "/assets/index-3fa9.js" */
    const char *tag;  /* ASSET_TAG_LEN digits that change with the content */
    struct str plain; /* the content; at is not NULL */
    struct str br;    /* the same in Brotli; at == NULL when there is none */
    struct str gzip;  /* and in gzip */
    bool lasting;     /* all this lives as long as the process */
};

/* The files in the binary, sorted by path: written by packaging/embed. */
extern const struct asset embedded_assets[];
extern const size_t embedded_asset_count;

/* Answer with the file: conditional requests and ranges (RFC 9110 13, 14), the best encoding the
 * client accepts, caching that suits the path. */
void asset_answer(struct exchange *x, const struct asset *a, int status);

/* What Range asks of a content of `len` bytes. */
enum range_kind { RANGE_NONE, RANGE_PART, RANGE_BEYOND };

/* RFC 9110 14.1.2: a single range of bytes; anything else is RANGE_NONE, so that all is sent. */
enum range_kind range_parse(struct str range, size_t len, size_t *from_r, size_t *count_r);

/* RFC 9110 12.5.3: does an Accept-Encoding take this coding? */
bool encoding_accepted(struct str accept, const char *coding);

/* RFC 9110 13.1.2: does If-None-Match name this entity tag (quotes included)? */
bool tag_listed(struct str list, struct str tag);

#endif
