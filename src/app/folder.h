/* folder.h - the data folder: made when absent, kept by one server at a time, and never mixed up
 * with a demo's. */
#ifndef PESAN_APP_FOLDER_H
#define PESAN_APP_FOLDER_H

#include "base/check.h"

struct folder;

/* Make `path` (mode 0700) when absent, lock it, and mark it when it is a new demo's. NULL with a
 * clear line in *why_r (static text, valid until the next call). */
MUST_USE struct folder *folder_open(const char *path, bool demo, const char **why_r);

/* Unlock; accepts NULL. */
void folder_close(struct folder **f);

#endif
