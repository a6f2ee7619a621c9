/* house.h - what struct app is made of, for the files of this folder. */
#ifndef PESAN_APP_HOUSE_H
#define PESAN_APP_HOUSE_H

#include <stdatomic.h>

#include "app/app.h"
#include "app/desk.h"
#include "app/folder.h"
#include "app/people.h"
#include "app/presence.h"
#include "app/recovery.h"
#include "app/repeat.h"
#include "app/route.h"
#include "app/source.h"
#include "net/assets.h"

/* Where the house is in its life. */
enum house_phase { HOUSE_STARTING, HOUSE_OPEN, HOUSE_DRAINING };

struct app {
    const struct app_config *config; /* the caller's */
    const struct service **services; /* those that run here, app_service first */
    size_t service_count;            /* of those */
    _Atomic int phase;               /* enum house_phase; any thread */
    struct folder *folder;           /* the data folder, locked */
    struct buf url;                  /* of the database, NUL-terminated */
    struct token_key *key;           /* signs and verifies */
    struct assets *assets;           /* the web application */
    struct route_tree *routes;       /* of all services */
    struct journal *journal;         /* what is told */
    struct writer *writer;           /* writes */
    struct readers *readers;         /* read */
    struct readers *workers;         /* work that is slow, such as a password's hash */
    struct people *people;           /* who works where, whose session is over */
    struct follower *follower_rows;  /* services with reactions */
    size_t follower_count;           /* of those */
    struct followers *followers;     /* at work */
    struct repeat_flights flights;   /* requests with a key that are at work */
    struct sources *sources;         /* at work; NULL: no other process is followed */
    struct deadline_owner *owners;   /* services with deadlines */
    size_t owner_count;              /* of those */
    struct deadlines *deadlines;     /* at work, on the first loop */
    struct presence *presence;       /* who is there */
    struct recovery *recovery;       /* whose connection was lost a moment ago */
    struct engine **engines;         /* of the desks that have Socket.IO's clients */
    struct desk **desks;             /* one per loop */
    size_t desk_count;               /* of those */
    size_t started;                  /* services whose start() succeeded or that have none */
    int port;                        /* in use */
    struct watch quit;               /* eventfd that app_quit() writes to; fd -1 before */
};

/* The house's own service: health, problems, metrics, kept answers, people (health.c). */
extern const struct service app_service;

#endif
