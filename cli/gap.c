#include "cli/gap.h"

#include "cli/person.h"
#include "node/practice/moderation.h"

/* Did this device write it? One's own words are never hidden from oneself. */
static bool gap_is_own(const struct copse_command *command, const struct copse_view_object *object)
{
    return command->keyring != NULL &&
           copse_bytes_equal_ids(&object->create.held.entry.author,
                                 copse_keyring_device(command->keyring));
}

enum copse_err copse_gap_is(struct copse_command *command, struct copse_practice_deed *deed,
                            bool *out, const struct copse_view_object *object)
{
    bool is_shown = false;
    *out = object->create.is_hidden && !gap_is_own(command, object);
    enum copse_err err =
        *out ? copse_moderation_is_overridden(deed, &is_shown, &object->id) : COPSE_OK;
    *out = *out && !is_shown;
    return err;
}

enum copse_err copse_gap_say(struct copse_command *command, struct copse_practice_deed *deed,
                             const struct copse_view_object *object, size_t indent)
{
    struct copse_output *output = &command->output;
    struct copse_moderation_hidden hidden;
    char shortened[COPSE_OUTPUT_SHORT_ID_BYTES];
    bool is_gap = false;
    enum copse_err err = copse_moderation_hidden(deed, &hidden, &object->id);
    if (err == COPSE_ERR_NOT_FOUND) {
        copse_answer_null(&output->json, "hidden");
        return COPSE_OK;
    }
    if (err == COPSE_OK) {
        err = copse_gap_is(command, deed, &is_gap, object);
    }
    if (err != COPSE_OK) {
        return err;
    }
    copse_answer_object(&output->json, "hidden");
    copse_command_json_person(command, deed, &(struct copse_command_keys){"by", "by_name"},
                              &hidden.person);
    copse_answer_string(&output->json, "reason", hidden.reason);
    copse_answer_object_end(&output->json);
    copse_output_text(output, "%*s(hidden by ", (int)indent, "");
    copse_person_print(command, deed, &hidden.person);
    copse_output_text(output, "%s", hidden.reason.size > 0 ? ": " : "");
    copse_output_words(output, hidden.reason, COPSE_TERMINAL_LINE);
    copse_output_short_id(shortened, &object->id);
    copse_output_text(output, "%s%s%s)\n", is_gap ? "; copse show " : "", is_gap ? shortened : "",
                      is_gap ? " --override" : "");
    return COPSE_OK;
}
