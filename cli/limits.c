#include "cli/limits.h"

#include "cli/arguments.h"
#include "cli/import_markdown.h"
#include "cli/input.h"
#include "cli/walk.h"
#include "node/peering/gossip.h"
#include "node/peering/ingest.h"
#include "node/peering/link.h"
#include "node/peering/topics.h"
#include "node/peering/uv_env.h"
#include "node/peering/uv_net.h"
#include "node/practice/act.h"
#include "node/practice/devices.h"
#include "node/practice/diff.h"
#include "node/practice/erasure.h"
#include "node/practice/page.h"
#include "node/practice/roles.h"
#include "node/practice/who.h"
#include "protocol/authority/part.h"
#include "protocol/authority/unit.h"
#include "protocol/entry/blob.h"
#include "protocol/entry/clock.h"
#include "protocol/entry/log.h"
#include "protocol/entry/run.h"
#include "protocol/merge/text.h"
#include "protocol/merge/text_shape.h"
#include "protocol/wire/intake.h"
#include "protocol/wire/record.h"
#include "protocol/wire/session.h"
#include "storage/check.h"
#include "storage/head.h"
#include "storage/index.h"
#include "storage/layers.h"
#include "storage/local.h"
#include "storage/search.h"
#include "storage/shapes.h"
#include "storage/store.h"

// clang-format off
static const struct copse_limits_row limits_rows[] = {
    {NULL, 0, "One entry"},
    {"op_bytes", COPSE_ENTRY_OP_BYTES_MAX, "bytes of what an entry does"},
    {"op_depth", COPSE_ENTRY_OP_DEPTH_MAX, "lists within one another in it"},
    {"reader_depth", COPSE_READER_DEPTH_MAX, "lists within one another in anything at all"},
    {"value_depth", COPSE_OP_VALUE_DEPTH_MAX, "lists within one another in a value"},
    {"rest_bytes", COPSE_ENTRY_REST_BYTES_MAX, "bytes of an entry beside that"},
    {"ext_bytes", COPSE_ENTRY_EXT_BYTES_MAX, "bytes of what later versions put into it"},
    {"content_bytes", COPSE_CONTENT_BYTES_MAX, "bytes of words beside one entry"},
    {"log_entries", COPSE_ENTRY_SEQ_MAX, "entries of a log"},
    {"log_leaves", COPSE_LOG_LEAVES_MAX, "places an identity may have written in at once"},
    {"clock_ahead_ms", COPSE_CLOCK_AHEAD_MAX_MS, "milliseconds a clock may run ahead"},

    {NULL, 0, "What people write"},
    {"line_bytes", COPSE_OBJECT_LINE_BYTES_MAX, "bytes of a title or name"},
    {"post_bytes", COPSE_OBJECT_TEXT_BYTES_MAX, "bytes of a post"},
    {"fields", COPSE_OBJECT_INITIAL_MAX, "fields, or tags, that a thing begins with"},
    {"thread_depth", COPSE_VIEW_DEPTH_MAX, "replies to replies"},
    {"page_characters", COPSE_TEXT_UNITS_MAX, "characters ever put into a page"},
    {"page_edits", COPSE_TEXT_OPS_MAX, "edits of a page"},
    {"page_heads", COPSE_PAGE_HEADS_MAX, "edits of a page made at once that a version names"},
    {"edit_parents", COPSE_TEXT_PARENTS_MAX, "edits that one edit is made on"},
    {"edit_patches", COPSE_TEXT_SHAPE_PATCHES_MAX, "places that one edit changes"},
    {"edit_bytes", COPSE_TEXT_SHAPE_BYTES_MAX, "bytes of one edit without its words"},
    {"diff_edits", COPSE_DIFF_EDITS_MAX, "differences looked for before a passage counts as new"},
    {"blob_bytes", COPSE_BLOB_BYTES_MAX, "bytes of a file"},

    {NULL, 0, "A community"},
    {"founders", COPSE_OP_FOUNDERS_MAX, "founders"},
    {"charter_bytes", COPSE_OP_CHARTER_BYTES_MAX, "bytes of a charter"},
    {"attributes_bytes", COPSE_OP_ATTRIBUTES_BYTES_MAX, "bytes of what it says of itself"},
    {"cut_leaves", COPSE_OP_CUT_MAX, "leaves in the end of a role"},
    {"over_ids", COPSE_OP_OVER_MAX, "values that one value replaces"},
    {"grant_ids", COPSE_OP_GRANTS_MAX, "grants that one entry ends"},
    {"target_ids", COPSE_OP_TARGETS_MAX, "things that one entry approves or erases"},
    {"unit_depth", COPSE_UNIT_DEPTH_MAX, "grants that rest on one another"},
    {"reason_bytes", COPSE_ACT_REASON_BYTES_MAX, "bytes of the reason of an act"},
    {"erase_grace_ms", COPSE_ERASURE_GRACE_MS, "milliseconds that a moderator's erasure waits"},
    {"role_words", COPSE_ROLES_ATTRIBUTES_MAX, "words that a role is given with"},
    {"role_word_bytes", COPSE_ROLES_ATTRIBUTE_BYTES_MAX, "bytes of one"},
    {"roles_person", COPSE_ROLES_GRANTS_MAX, "roles of a person that are looked at"},
    {"invitation_bytes", COPSE_TICKET_TEXT_MAX, "characters of an invitation"},
    {"invitation_prose", COPSE_TICKET_PROSE_MAX, "bytes of its greeting, and of its purpose"},
    {"invitation_name", COPSE_TICKET_NAME_MAX, "bytes of the community's name in it"},
    {"invitation_peers", COPSE_TICKET_PEERS_MAX, "nodes it names"},
    {"invitation_addresses", COPSE_TICKET_ADDRESSES_MAX, "addresses of each"},
    {"invitation_uses", COPSE_OP_INVITE_USES_MAX, "people it may be limited to"},

    {NULL, 0, "What nodes say to each other"},
    {"handshake_bytes", COPSE_RECORD_HANDSHAKE_MAX, "bytes of a step of the handshake"},
    {"message_bytes", COPSE_MESSAGE_BYTES_MAX, "bytes of a message"},
    {"message_run", COPSE_MESSAGE_RUN_MAX, "bytes of entries in one"},
    {"message_parts", COPSE_MESSAGE_PARTS_MAX, "bytes of a comparison in one"},
    {"message_admission", COPSE_MESSAGE_ADMISSION_MAX, "bytes of the proof that one was let in"},
    {"message_ids", COPSE_MESSAGE_IDS_MAX, "ids in one"},
    {"message_known", COPSE_MESSAGE_KNOWN_MAX, "places in a log in one"},
    {"message_text", COPSE_MESSAGE_TEXT_MAX, "bytes of a remark in one"},
    {"message_agent", COPSE_MESSAGE_AGENT_MAX, "bytes of a program's name"},
    {"run_entries", COPSE_RUN_ENTRIES_MAX, "entries under one signature"},
    {"run_bytes", COPSE_RUN_BYTES_MAX, "bytes of them"},
    {"compare_items", COPSE_RECONCILE_ITEMS_MAX, "logs' leaves in one comparison"},
    {"compare_parts", COPSE_RECONCILE_PARTS_MAX, "ranges in a step of one"},
    {"compare_splits", COPSE_RECONCILE_SETS_MAX, "steps of one after which nothing is split"},
    {"compare_sets", COPSE_EXCHANGE_SETS_MAX, "steps of one"},
    {"asks", COPSE_EXCHANGE_ASKS_MAX, "questions open at once"},
    {"asked", COPSE_EXCHANGE_ASKED_MAX, "questions in one exchange"},
    {"intake", COPSE_INTAKE_PENDING_MAX, "runs that wait to be stored"},
    {"pushes", COPSE_CHANNEL_PUSHES_MAX, "new entries that wait to be passed on at once"},
    {"pace_burst", COPSE_SESSION_PACE_BURST, "small messages at once"},
    {"pace_second", COPSE_SESSION_PACE_PER_SECOND, "and in a second"},
    {"window_bytes", COPSE_SESSION_WINDOW_MAX, "bytes a peer may send before it is told to go on"},
    {"session_bytes", COPSE_SESSION_BYTES_MAX, "bytes of memory for one peer"},
    {"session_ms", COPSE_SESSION_AGE_MAX_MS, "milliseconds of one session"},
    {"silent_ms", COPSE_SESSION_DEAD_MS, "milliseconds of silence before it ends"},
    {"progress_ms", COPSE_CHANNEL_PROGRESS_MS, "milliseconds without progress before it ends"},

    {NULL, 0, "Whom this node meets"},
    {"links", COPSE_GOSSIP_LINKED_MAX, "nodes at once"},
    {"links_greeting", COPSE_GOSSIP_GREETING_MAX, "callers that have not said who they are"},
    {"links_host", COPSE_GOSSIP_ADDRESS_MAX, "connections from one address"},
    {"links_called", COPSE_PEERS_DIALLED_MAX, "nodes that this one calls"},
    {"greeting_ms", COPSE_GOSSIP_GREETING_MS, "milliseconds until they have said who they are"},
    {"book", COPSE_PEERS_MAX, "addresses in the book"},
    {"address_bytes", COPSE_ADDRESS_BYTES_MAX, "bytes of one"},
    {"call_again_ms", COPSE_PEERS_BACKOFF_MAX_MS, "milliseconds at most until one is called again"},
    {"again_ms", COPSE_LINK_AGAIN_MAX_MS, "milliseconds at most until a community is asked again"},
    {"ending", COPSE_UV_NET_ENDING_MAX, "connections that only send their last bytes"},
    {"queue_bytes", COPSE_UV_NET_QUEUE_MAX, "bytes queued for a node that end its connection"},
    {"stuck_ms", COPSE_UV_NET_STUCK_MS, "milliseconds in which it takes nothing, the same"},
    {"pending_bytes", COPSE_LINK_PENDING_MAX, "bytes read from a node that wait"},
    {"ingest_bytes", COPSE_INGEST_BYTES_MAX, "bytes of entries that wait to be stored"},
    {"ingest_units", COPSE_INGEST_UNITS_MAX, "runs of entries that do"},
    {"stranger_bytes", COPSE_INGEST_STRANGERS_MAX, "bytes taken that nobody stands behind yet"},
    {"loose_asked", COPSE_TOPICS_EDITS_MAX, "edits asked for at once that others are built on"},
    {"sweep_entries", COPSE_INGEST_SWEEP_MAX, "entries nobody stands behind given up in one write"},
    {"push_entries", COPSE_GOSSIP_PUSH_MAX, "new entries passed on at once"},

    {NULL, 0, "The store"},
    {"store_bytes", COPSE_DB_MAP_BYTES, "bytes of it (COPSE_MAP_SIZE)"},
    {"write_ms", COPSE_STORE_WRITE_MS_MAX, "milliseconds of one write to the store"},
    {"write_communities", COPSE_TXN_COMMUNITIES_MAX, "communities in one"},
    {"loose_bytes", COPSE_SHAPES_BYTES_MAX, "bytes of edits that are kept for others alone"},
    {"own_logs", COPSE_HEAD_ROWS_MAX, "logs this device writes"},
    {"twins", COPSE_INDEX_TWINS_MAX, "entries whose ids begin with the same 8 bytes"},
    {"note_bytes", COPSE_LOCAL_VALUE_MAX, "bytes of a setting or note of this node"},
    {"search_bytes", COPSE_SEARCH_TEXT_BYTES_MAX, "bytes of a thing that are searched"},
    {"query_bytes", COPSE_SEARCH_QUERY_BYTES_MAX, "bytes of what is searched for"},
    {"part_entries", COPSE_PART_ENTRIES_MAX, "entries beyond which all standings are made anew"},
    {"layers", COPSE_LAYERS_MAX, "sorted layers of keys that wait to be folded"},
    {"layers_keys", COPSE_LAYERS_KEYS_MAX, "keys in them before they are sealed"},
    {"faults", COPSE_CHECK_FAULTS_MAX, "faults that a check describes"},

    {NULL, 0, "The command line"},
    {"input_bytes", COPSE_INPUT_BYTES_MAX, "bytes of a text that is read"},
    {"import_files", COPSE_WALK_FILES_MAX, "files of an import"},
    {"import_tags", COPSE_IMPORT_MARKDOWN_TAGS_MAX, "tags taken from one of them"},
    {"tags", COPSE_POST_TAGS_MAX, "tags given at once"},
    {"tags_shown", COPSE_READING_TAGS_MAX, "tags of a thing that are shown"},
    {"values_shown", COPSE_READING_VALUES_MAX, "differing values of a field that are shown"},
    {"title_shown", COPSE_OUTPUT_TITLE_MAX, "characters of a title in a list"},
    {"ids_shown", COPSE_READING_CANDIDATES_MAX, "things shown that an id may mean"},
    {"device_name_bytes", COPSE_DEVICES_NAME_BYTES_MAX, "bytes of the name of a device"},
    {"device_from", COPSE_DEVICES_FROM_MAX, "entries of a device from which on nothing stands"},
    {"people_shown", COPSE_WHO_MAX, "people shown that a name may mean"},
    {"options", COPSE_ARGUMENTS_VALUES_MAX, "options of one command"},
    {"path_bytes", COPSE_FILES_PATH_MAX, "bytes of a path"},
};
// clang-format on

const struct copse_limits_row *copse_limits_all(size_t *count)
{
    *count = COPSE_ARRAY_SIZE(limits_rows);
    return limits_rows;
}
