/* One function for each row of the table of verbs, by the file it is in. Each prints its result or
 * says what failed, and gives the exit status. What it opened main.c closes. */
#ifndef COPSE_CLI_DEEDS_H
#define COPSE_CLI_DEEDS_H

#include "cli/command.h"
#include "node/practice/devices.h"

/* do_start.c: without a store, or making one */
enum copse_exit copse_do_start_init(struct copse_command *command);
enum copse_exit copse_do_start_me(struct copse_command *command);
enum copse_exit copse_do_start_name(struct copse_command *command);
enum copse_exit copse_do_start_code(struct copse_command *command);
enum copse_exit copse_do_start_limits(struct copse_command *command);
enum copse_exit copse_do_start_version(struct copse_command *command);
enum copse_exit copse_do_start_help(struct copse_command *command);

/* do_devices.c */
enum copse_exit copse_do_devices_recover(struct copse_command *command);
enum copse_exit copse_do_devices_add(struct copse_command *command);
enum copse_exit copse_do_devices_list(struct copse_command *command);
enum copse_exit copse_do_devices_name(struct copse_command *command);
enum copse_exit copse_do_devices_revoke(struct copse_command *command);
/* The entries of --from, wherever they are. Failing is said. */
enum copse_exit copse_devices_from(struct copse_command *command,
                                   struct copse_id out[COPSE_DEVICES_FROM_MAX], size_t *count);
/* Where a device stands that has just come (back): `first` is the first line. Ends the command. */
enum copse_exit copse_devices_say_back(struct copse_command *command, const char *first);

/* do_repair.c */
enum copse_exit copse_do_repair_list(struct copse_command *command);
enum copse_exit copse_do_repair_run(struct copse_command *command);
enum copse_exit copse_do_repair_accept(struct copse_command *command);
enum copse_exit copse_do_repair_restore(struct copse_command *command);

/* do_community.c */
enum copse_exit copse_do_community_create(struct copse_command *command);
enum copse_exit copse_do_community_list(struct copse_command *command);
enum copse_exit copse_do_community_show(struct copse_command *command);
enum copse_exit copse_do_community_invite(struct copse_command *command);
enum copse_exit copse_do_community_join(struct copse_command *command);
enum copse_exit copse_do_community_successor(struct copse_command *command);

/* do_membership.c */
enum copse_exit copse_do_membership_leave(struct copse_command *command);
enum copse_exit copse_do_membership_remove(struct copse_command *command);
enum copse_exit copse_do_membership_readmit(struct copse_command *command);
enum copse_exit copse_do_membership_late(struct copse_command *command);
enum copse_exit copse_do_membership_accept(struct copse_command *command);

/* do_invites.c */
enum copse_exit copse_do_invites_list(struct copse_command *command);
enum copse_exit copse_do_invites_revoke(struct copse_command *command);

/* do_charter.c */
enum copse_exit copse_do_charter_show(struct copse_command *command);
enum copse_exit copse_do_charter_amend(struct copse_command *command);
enum copse_exit copse_do_charter_agree(struct copse_command *command);
enum copse_exit copse_do_charter_history(struct copse_command *command);

/* do_people.c */
enum copse_exit copse_do_people_list(struct copse_command *command);
enum copse_exit copse_do_people_show(struct copse_command *command);
enum copse_exit copse_do_people_mute(struct copse_command *command);
enum copse_exit copse_do_people_recall(struct copse_command *command);
enum copse_exit copse_do_people_assent(struct copse_command *command);

/* do_roles.c */
enum copse_exit copse_do_roles_grant(struct copse_command *command);
enum copse_exit copse_do_roles_revoke(struct copse_command *command);
enum copse_exit copse_do_roles_list(struct copse_command *command);
enum copse_exit copse_do_roles_history(struct copse_command *command);
enum copse_exit copse_do_roles_hand_over(struct copse_command *command);
enum copse_exit copse_do_roles_end(struct copse_command *command);

/* do_moderate.c */
enum copse_exit copse_do_moderate_queue(struct copse_command *command);
enum copse_exit copse_do_moderate_approve(struct copse_command *command);
enum copse_exit copse_do_moderate_hide(struct copse_command *command);
enum copse_exit copse_do_moderate_unhide(struct copse_command *command);
enum copse_exit copse_do_moderate_lock(struct copse_command *command);
enum copse_exit copse_do_moderate_unlock(struct copse_command *command);
enum copse_exit copse_do_moderate_bar(struct copse_command *command);
enum copse_exit copse_do_moderate_unbar(struct copse_command *command);
enum copse_exit copse_do_moderate_ledger(struct copse_command *command);

/* do_erase.c */
enum copse_exit copse_do_erase_own(struct copse_command *command);
enum copse_exit copse_do_erase_moderate(struct copse_command *command);
enum copse_exit copse_do_erase_compact(struct copse_command *command);

/* do_unplaced.c */
enum copse_exit copse_do_unplaced_list(struct copse_command *command);
enum copse_exit copse_do_unplaced_repost(struct copse_command *command);
enum copse_exit copse_do_unplaced_save(struct copse_command *command);

/* do_talk.c: writing posts, and the small deeds on them */
enum copse_exit copse_do_talk_ask(struct copse_command *command);
enum copse_exit copse_do_talk_post(struct copse_command *command);
enum copse_exit copse_do_talk_reply(struct copse_command *command);
enum copse_exit copse_do_talk_answer(struct copse_command *command);
enum copse_exit copse_do_talk_accept(struct copse_command *command);
enum copse_exit copse_do_talk_mark(struct copse_command *command);
enum copse_exit copse_do_talk_tag(struct copse_command *command);

/* do_read.c: posts and persons, shown */
enum copse_exit copse_do_read_thread(struct copse_command *command);
enum copse_exit copse_do_read_feed(struct copse_command *command);
enum copse_exit copse_do_read_show(struct copse_command *command);
enum copse_exit copse_do_read_search(struct copse_command *command);

/* do_page.c */
enum copse_exit copse_do_page_new(struct copse_command *command);
enum copse_exit copse_do_page_edit(struct copse_command *command);
enum copse_exit copse_do_page_show(struct copse_command *command);
enum copse_exit copse_do_page_history(struct copse_command *command);
enum copse_exit copse_do_page_diff(struct copse_command *command);
enum copse_exit copse_do_page_list(struct copse_command *command);

/* do_status.c: what is here; and what copse says with no verb at all */
enum copse_exit copse_do_status_run(struct copse_command *command);
enum copse_exit copse_do_status_bare(struct copse_command *command);

/* do_care.c: looking after the store */
enum copse_exit copse_do_care_digest(struct copse_command *command);
enum copse_exit copse_do_care_check(struct copse_command *command);
enum copse_exit copse_do_care_backup(struct copse_command *command);
enum copse_exit copse_do_care_log(struct copse_command *command);
enum copse_exit copse_do_care_export(struct copse_command *command);

/* do_peer.c: meeting other nodes */
enum copse_exit copse_do_peer_serve(struct copse_command *command);
enum copse_exit copse_do_peer_sync(struct copse_command *command);
enum copse_exit copse_do_peer_add(struct copse_command *command);
enum copse_exit copse_do_peer_list(struct copse_command *command);

/* do_import.c, export_markdown.c */
enum copse_exit copse_do_import_markdown(struct copse_command *command);
enum copse_exit copse_export_markdown_run(struct copse_command *command);

#endif
