/* tables.c - the tables of notify: inboxes, orders that ring, and who saw what. */
#include "notify/tables.h"

/* An order costs a row where its shop's notices end, and a row among the few of its shop that
 * nobody has accepted. */
const char *const notify_steps[NOTIFY_STEPS] = {
    /* box: "shop:<id>", "courier:<id>", "account:<id>"; n counts a box's notices from 1. */
    "CREATE TABLE notify_inbox ("
    " box {key} NOT NULL,"
    " seq {int} NOT NULL,"
    " n {int} NOT NULL,"
    " PRIMARY KEY (box, seq)"
    ") {table_clustered};"
    /* A reader's place in a box: since when it is his, what he has seen, and how many notices
     * behind that he put away singly. */
    "CREATE TABLE notify_marks ("
    " account_id {key} NOT NULL,"
    " box {key} NOT NULL,"
    " since {int} NOT NULL,"
    " seen {int} NOT NULL,"
    " beyond {int} NOT NULL,"
    " PRIMARY KEY (account_id, box)"
    ") {table_clustered};"
    "CREATE TABLE notify_put_away ("
    " account_id {key} NOT NULL,"
    " box {key} NOT NULL,"
    " seq {int} NOT NULL,"
    " PRIMARY KEY (account_id, box, seq)"
    ") {table_clustered};"
    "CREATE TABLE notify_rings ("
    " shop_id {key} NOT NULL,"
    " order_id {key} NOT NULL,"
    " number {text} NOT NULL,"
    " since {int} NOT NULL,"
    " PRIMARY KEY (shop_id, order_id)"
    ") {table_clustered};"
    /* How a shop wants to be rung, NULL where it did not say; when its deadline is (0: there is
     * none), and when it was last looked whom to ring. */
    "CREATE TABLE notify_shops ("
    " id {key} PRIMARY KEY,"
    " armed {int} NOT NULL,"
    " stepped {int} NOT NULL,"
    " every_s {int},"
    " escalate_after_s {int},"
    " first {text},"
    " max_s {int}"
    ") {table_clustered};"
    "CREATE TABLE notify_receipts ("
    " order_id {key} NOT NULL,"
    " seq {int} NOT NULL,"
    " account_id {key} NOT NULL,"
    " device {key} NOT NULL,"
    " event {text},"
    " sent {int},"
    " delivered {int},"
    " seen {int},"
    " acted {int},"
    " action {text},"
    " PRIMARY KEY (order_id, seq, account_id, device)"
    ") {table_clustered};",
};
