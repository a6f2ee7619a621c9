/* assets.h - the web application's files: embedded in the binary, or a folder (--web DIR).
 *
 * Embedded files are pre-compressed (br, gzip) and answered with ETag, conditional requests, ranges
 * (RFC 9110 13, 14) and a Cache-Control that suits their name (hashed names never change). */
#ifndef PESAN_NET_ASSETS_H
#define PESAN_NET_ASSETS_H

#include "net/exchange.h"

struct assets;

/* From the binary when `folder` is NULL, else from the folder. False with a line in *why_r. */
MUST_USE struct assets *assets_open(const char *folder, const char **why_r);
void assets_free(struct assets **a);

/* Answer the exchange with the file at `path` ("/assets/index-3fa9.js"); false, exchange untouched,
 * when there is none. GET and HEAD only. */
MUST_USE bool assets_answer(struct assets *a, struct exchange *x, struct str path);

/* The same under another status, such as a page that says 404: never a range, never 304. */
MUST_USE bool assets_answer_as(struct assets *a, struct exchange *x, struct str path, int status);

#endif
