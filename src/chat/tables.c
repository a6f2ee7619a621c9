/* tables.c - the tables of chat: rooms, who is in them, what was said, and invitations. */
#include "chat/tables.h"

#include "chat/thread.h"

/* A message costs three pages at most: its room's row, the end of the room's messages, and how far
 * its author has read; and one more where its client gave it an id. What is asked for in another
 * order than it is written in (a person's rooms, a room's members by rank) stands in indexes that
 * no message touches. */
const char *const chat_steps[CHAT_STEPS] = {
    /* active_at: when it was last spoken in, or made; closed_at: 0 while it may be written in. The
     * last four are an order's. */
    "CREATE TABLE chat_rooms ("
    " uri {key} PRIMARY KEY,"
    " kind {key} NOT NULL,"
    " name {text},"
    " created_at {int} NOT NULL,"
    " seq {int} NOT NULL,"
    " active_at {int} NOT NULL,"
    " members {int} NOT NULL,"
    " closed_at {int} NOT NULL,"
    " order_id {key},"
    " number {text},"
    " shop_id {key},"
    " account_id {key}"
    ") {table_clustered};"
    "CREATE INDEX chat_rooms_order ON chat_rooms (order_id);"
    "CREATE INDEX chat_rooms_shop ON chat_rooms (shop_id, closed_at);"
    /* author NULL: the system, and `system` says what happened; edits counts the rows of
     * chat_edits; deleted_at: 0 while it stands. */
    "CREATE TABLE chat_messages ("
    " room {key} NOT NULL,"
    " seq {int} NOT NULL,"
    " at {int} NOT NULL,"
    " author {key},"
    " username {text},"
    " message {text} NOT NULL,"
    " client_id {text},"
    " reply_to {int},"
    " system {text},"
    " edits {int} NOT NULL,"
    " edited_at {int} NOT NULL,"
    " deleted_at {int} NOT NULL,"
    " PRIMARY KEY (room, seq)"
    ") {table_clustered};"
    /* The ids that clients made for their messages, until the third step. */
    "CREATE TABLE chat_sent ("
    " room {key} NOT NULL,"
    " author {key} NOT NULL,"
    " client_id {key} NOT NULL,"
    " seq {int} NOT NULL,"
    " PRIMARY KEY (room, author, client_id)"
    ") {table_clustered};"
    /* What a message was before, oldest first. */
    "CREATE TABLE chat_edits ("
    " room {key} NOT NULL,"
    " seq {int} NOT NULL,"
    " n {int} NOT NULL,"
    " message {text} NOT NULL,"
    " at {int} NOT NULL,"
    " actor {text} NOT NULL,"
    " PRIMARY KEY (room, seq, n)"
    ") {table_clustered};"
    /* role: its place in tbl/room_roles.h. */
    "CREATE TABLE chat_members ("
    " room {key} NOT NULL,"
    " account_id {key} NOT NULL,"
    " username {text} NOT NULL,"
    " role {int} NOT NULL,"
    " joined_at {int} NOT NULL,"
    " muted {int} NOT NULL,"
    " read_seq {int} NOT NULL,"
    " delivered_seq {int} NOT NULL,"
    " PRIMARY KEY (room, account_id)"
    ") {table_clustered};"
    "CREATE INDEX chat_members_account ON chat_members (account_id, room);"
    "CREATE INDEX chat_members_rank ON chat_members (room, role, joined_at, account_id);"
    /* How many rooms somebody made on a day. */
    "CREATE TABLE chat_makers ("
    " account_id {key} PRIMARY KEY,"
    " day {int} NOT NULL,"
    " made {int} NOT NULL"
    ") {table_clustered};"
    /* expires_at 0: never; uses_left -1: without end. */
    "CREATE TABLE chat_invites ("
    " code {key} PRIMARY KEY,"
    " id {key} NOT NULL,"
    " room {key} NOT NULL,"
    " role {int} NOT NULL,"
    " made_by {key} NOT NULL,"
    " made_at {int} NOT NULL,"
    " expires_at {int} NOT NULL,"
    " uses_left {int} NOT NULL"
    ") {table_clustered};"
    "CREATE INDEX chat_invites_room ON chat_invites (room, id);",
    THREAD_TABLES,
    /* The same, ids first: most begin with the time they were made at, and so one page takes what
     * is said at one time, whoever says it. */
    "CREATE TABLE chat_client_ids ("
    " client_id {key} NOT NULL,"
    " author {key} NOT NULL,"
    " room {key} NOT NULL,"
    " seq {int} NOT NULL,"
    " PRIMARY KEY (client_id, author, room)"
    ") {table_clustered};"
    "INSERT INTO chat_client_ids (client_id, author, room, seq)"
    " SELECT client_id, author, room, seq FROM chat_sent ORDER BY client_id, author, room;"
    "DROP TABLE chat_sent;",
};
