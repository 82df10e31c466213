/* How it works: one constant table, searched from front to back. It is short. */
#include "node/practice/verbs.h"

#include <stdio.h>
#include <string.h>

// clang-format off
#define TEXT_OPTIONS \
    {"message", 'm', "TEXT", "the text itself"}, \
    {"file", 'F', "FILE", "read the text from FILE; '-' is standard input"}

#define REASON_OPTION {"reason", 0, "TEXT", "why, for all members to read"}

static const struct copse_verb verbs_table[] = {
    {COPSE_VERB_ASK, COPSE_VERB_DAILY, "ask", NULL, "[QUESTION]", 0, COPSE_VERBS_ARGUMENTS_ANY,
     "ask the community a question",
     "Without a text your editor opens; the first line is the question, the rest its details.",
     {"copse ask \"How do you explain torque without a formula?\"",
      "copse ask -F question.md --tag optics"},
     {TEXT_OPTIONS, {"tag", 't', "TAG", "put a tag on it (may be given several times)"}}},
    {COPSE_VERB_POST, COPSE_VERB_DAILY, "post", NULL, "[TEXT]", 0, COPSE_VERBS_ARGUMENTS_ANY,
     "start a conversation, or tell something",
     "Types: talk (the default), problem, solution, insight, story, question.",
     {"copse post \"The new lenses have arrived.\"",
      "copse post --type story -F our-first-open-day.md"},
     {TEXT_OPTIONS, {"type", 'T', "TYPE", "talk, problem, solution, insight, story or question"},
      {"about", 'a', "ID", "the page it is about"},
      {"tag", 't', "TAG", "put a tag on it (may be given several times)"}}},
    {COPSE_VERB_REPLY, COPSE_VERB_DAILY, "reply", NULL, "ID [TEXT]", 1, COPSE_VERBS_ARGUMENTS_ANY,
     "reply to a post, or write under a page", NULL,
     {"copse reply 3fa2 \"We do it with a door and a finger.\""}, {TEXT_OPTIONS}},
    {COPSE_VERB_MARK, COPSE_VERB_DAILY, "mark", "react", "ID MARK", 2, 2,
     "say thanks, or that something was useful",
     "Marks: thanks, useful. With --undo your mark is taken back.",
     {"copse mark 3fa2 thanks", "copse mark 3fa2 thanks --undo"},
     {{"undo", 'u', NULL, "take the mark back"}}},
    {COPSE_VERB_SHOW, COPSE_VERB_DAILY, "show", NULL, "ID", 1, 1,
     "show a page, a post or a person",
     "What a moderator has hidden is shown as a gap. With --override you see it all the same, on "
     "this machine, from now on.",
     {"copse show 3fa2", "copse show 3fa2 --override"},
     {{"override", 0, NULL, "show what is hidden, on this machine"},
      {"undo", 'u', NULL, "with --override: see the gap again, as others do"}}},
    {COPSE_VERB_SEARCH, COPSE_VERB_DAILY, "search", NULL, "WORDS", 1, COPSE_VERBS_ARGUMENTS_ANY,
     "find pages and posts by their words",
     "All words must occur; the last one may be the beginning of a word. Case and accents do not "
     "matter.",
     {"copse search refraction lab", "copse search refr"},
     {{"limit", 'n', "NUMBER", "show at most NUMBER (20)"}}},

    {COPSE_VERB_PAGE_NEW, COPSE_VERB_THINGS, "page new", NULL, "TITLE", 1,
     COPSE_VERBS_ARGUMENTS_ANY, "begin a page",
     "A page is Markdown that everyone in the community may edit, offline too; edits are merged. "
     "Without a text your editor opens.",
     {"copse page new \"Setting up the optics bench\"", "copse page new Safety -F safety.md"},
     {TEXT_OPTIONS, {"tag", 't', "TAG", "put a tag on it (may be given several times)"}}},
    {COPSE_VERB_PAGE_EDIT, COPSE_VERB_THINGS, "page edit", NULL, "ID", 1, 1, "edit a page",
     "Your editor opens with the page as it is now. With -F the text is that of the file; say with "
     "--base which version it was made from, so that what others wrote meanwhile is kept.",
     {"copse page edit 3fa2", "copse page edit 3fa2 -F new.md --base 77c01be2"},
     {TEXT_OPTIONS,
      {"base", 'b', "VERSION", "the version the text was made from (the present one)"},
      {"title", 'T', "TITLE", "give it another title"}}},
    {COPSE_VERB_PAGE_SHOW, COPSE_VERB_THINGS, "page show", NULL, "ID", 1, 1, "show a page", NULL,
     {"copse page show 3fa2", "copse page show 3fa2 --version 77c01be2"},
     {{"version", 'V', "VERSION", "as it was at that version"}}},
    {COPSE_VERB_PAGE_HISTORY, COPSE_VERB_THINGS, "page history", NULL, "ID", 1, 1,
     "list who changed a page, and when", NULL, {"copse page history 3fa2"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_PAGE_DIFF, COPSE_VERB_THINGS, "page diff", NULL, "ID [VERSION [VERSION]]", 1, 3,
     "show what changed in a page",
     "Without a version: the last change. With one: from it to now. With two: between them.",
     {"copse page diff 3fa2", "copse page diff 3fa2 77c01be2"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_PAGE_LIST, COPSE_VERB_THINGS, "page list", NULL, "", 0, 0, "list the pages", NULL,
     {"copse page list --tag optics"},
     {{"tag", 't', "TAG", "only those with this tag"},
      {"limit", 'n', "NUMBER", "show at most NUMBER (all)"}}},

    {COPSE_VERB_COMMUNITY_CREATE, COPSE_VERB_US, "community create", NULL, "NAME", 1,
     COPSE_VERBS_ARGUMENTS_ANY, "found a community",
     "You become its first founder. Its domain says in a sentence what its members care about. In "
     "an open community members invite others, who are members at once; in a moderated one "
     "newcomers read as guests until a coordinator or moderator lets them in. With three or five "
     "founders one of them can be recalled by the others.",
     {"copse community create \"Physics teaching\" --domain \"Teaching physics at school\"",
      "copse community create \"Ward 3\" --kind moderated --founder Ben --founder Cat"},
     {{"kind", 'k', "KIND", "open (the default) or moderated"},
      {"founder", 'f', "PERSON", "another founder: a name, or a key (several times)"},
      {"domain", 'd', "TEXT", "what we care about"},
      {"purpose", 'p', "TEXT", "what we want to achieve"},
      {"norms", 0, "TEXT", "how we deal with each other"}}},
    {COPSE_VERB_COMMUNITY_LIST, COPSE_VERB_US, "community list", NULL, "", 0, 0,
     "list your communities", NULL, {"copse community list"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_COMMUNITY_SHOW, COPSE_VERB_US, "community show", NULL, "", 0, 0,
     "show what a community is about and who is in it", NULL, {"copse community show"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_COMMUNITY_INVITE, COPSE_VERB_US, "community invite", "invite", "", 0, 0,
     "make an invitation",
     "An invitation is one line of text. Whoever has it can join, so hand it only to those you "
     "mean; it admits any number of people, as members, unless told otherwise.",
     {"copse community invite", "copse community invite --uses 1 --days 14 --qr"},
     {{"role", 'r', "ROLE", "member (the default) or guest"},
      {"uses", 'u', "NUMBER", "how many people may use it (any number)"},
      {"days", 'D', "NUMBER", "for how many days it holds (for ever)"},
      {"greeting", 'g', "TEXT", "a word to whoever opens it"},
      {"qr", 0, NULL, "draw it as a QR code as well"}}},
    {COPSE_VERB_COMMUNITY_JOIN, COPSE_VERB_US, "community join", "join", "TICKET", 1, 1,
     "join a community by an invitation",
     "Works without a connection: you are in as soon as you meet one of its members.",
     {"copse community join copse1qz..."}, {{NULL, 0, NULL, NULL}}},

    {COPSE_VERB_COMMUNITY_SUCCESSOR, COPSE_VERB_FINER, "community successor", NULL, "NAME", 1,
     COPSE_VERBS_ARGUMENTS_ANY, "found a community that goes on from another",
     "The last resort where nobody can be recalled. It names the one that -C means; nobody comes "
     "over by itself.",
     {"copse community successor \"Physics teaching 2\" --founder 3fa2..."},
     {{"kind", 'k', "KIND", "open (the default) or moderated"},
      {"founder", 'f', "PERSON", "another founder: a name, or a key (several times)"},
      {"domain", 'd', "TEXT", "what its members care about"},
      {"purpose", 'p', "TEXT", "what it is for"},
      {"norms", 0, "TEXT", "how its members deal with each other"}}},
    {COPSE_VERB_COMMUNITY_LEAVE, COPSE_VERB_US, "community leave", "leave", "", 0, 0,
     "leave a community",
     "What you wrote stays. Signed with your recovery code it holds for all your devices; with "
     "--device-only it is this device that leaves, and your others go on.",
     {"copse community leave", "copse community leave --device-only"},
     {{"device-only", 0, NULL, "leave with this device alone"},
      {"code", 0, "CODE", "the recovery code; '-' is standard input"},
      {"reason", 0, "TEXT", "a last word, which all members can read"}}},
    {COPSE_VERB_INVITES_LIST, COPSE_VERB_FINER, "community invites list", "invites list", "", 0, 0,
     "list the invitations that were given, and who came in by them", NULL,
     {"copse community invites list"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_INVITES_REVOKE, COPSE_VERB_FINER, "community invites revoke", "invites revoke",
     "ID", 1, 1, "close an invitation",
     "Whoever came in by it stays; whoever comes from now on is turned away.",
     {"copse community invites revoke 3fa2"},
     {REASON_OPTION}},
    {COPSE_VERB_CHARTER_SHOW, COPSE_VERB_US, "community charter show", "charter show", "", 0, 0,
     "show what the community is about, and its rules",
     "Where two coordinators changed something at the same time both versions are shown.",
     {"copse community charter show"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_CHARTER_AMEND, COPSE_VERB_FINER, "community charter amend", "charter amend", "", 0,
     0, "change what the community is about, or its rules",
     "For coordinators. Without anything to change it joins versions that stand side by side.",
     {"copse community charter amend --norms \"We answer within a day.\"",
      "copse community charter amend --members-invite no --approve new"},
     {{"domain", 'd', "TEXT", "what we care about"},
      {"purpose", 'p', "TEXT", "what for"},
      {"who", 'w', "TEXT", "who we are"},
      {"practice", 0, "TEXT", "how we do it"},
      {"norms", 0, "TEXT", "how we deal with each other"},
      {"values", 0, "TEXT", "what we hold dear"},
      {"members-invite", 0, "YES|NO", "may members invite others?"},
      {"guests-write", 0, "YES|NO", "may guests write?"},
      {"approve", 0, "LIST", "what of members waits for approval: new, edits, details; or nothing"},
      REASON_OPTION}},
    {COPSE_VERB_CHARTER_AGREE, COPSE_VERB_FINER, "community charter agree", "charter agree",
     "[ID]", 0, 1, "agree to the rules, for all to see",
     "It is counted beside the rules, and changes nothing about whether they hold. Without ID it "
     "is the version in force.",
     {"copse community charter agree"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_CHARTER_HISTORY, COPSE_VERB_FINER, "community charter history", "charter history",
     "", 0, 0, "list who changed the charter, and when", NULL,
     {"copse community charter history"}, {{NULL, 0, NULL, NULL}}},

    {COPSE_VERB_PEOPLE_LIST, COPSE_VERB_US, "people list", NULL, "", 0, 0,
     "list who is here, with their roles", NULL,
     {"copse people list", "copse people list --all"},
     {{"all", 'a', NULL, "those who have left or were removed, too"},
      {"stewards", 's', NULL, "coordinators and moderators only"}}},
    {COPSE_VERB_PEOPLE_SHOW, COPSE_VERB_FINER, "people show", NULL, "PERSON", 1, 1,
     "show one person", "PERSON is a name, or the beginning of a key.", {"copse people show Ana"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_PEOPLE_MUTE, COPSE_VERB_US, "people mute", "mute", "PERSON", 1, 1,
     "fold away what somebody writes, for yourself",
     "It stays on this machine; nobody is told, and nothing changes for others.",
     {"copse people mute Ana", "copse people mute Ana --undo"},
     {{"undo", 'u', NULL, "show their words again"}}},
    {COPSE_VERB_PEOPLE_RECALL, COPSE_VERB_FINER, "people recall", NULL, "FOUNDER", 1, 1,
     "as a founder, speak for recalling another founder",
     "Takes effect when at least two, and more than half of the other founders, speak for it. "
     "There is none with fewer than three founders.",
     {"copse people recall Ana --reason \"...\" --from 3fa2"},
     {REASON_OPTION,
      {"from", 0, "ID", "nothing they did from this entry on shall stand"}}},
    {COPSE_VERB_PEOPLE_ASSENT, COPSE_VERB_FINER, "people assent", NULL, "ID", 1, 1,
     "as a founder, agree to a recall", NULL, {"copse people assent 3fa2"},
     {REASON_OPTION}},
    {COPSE_VERB_ROLE_GRANT, COPSE_VERB_US, "people role grant", NULL, "PERSON ROLE", 2, 2,
     "give somebody a role",
     "Roles: coordinator, moderator, member, guest. With a term it ends by itself, and all hear "
     "of it. An attribute says what else they are asked to be: mentor, broker, greeter.",
     {"copse people role grant Ben moderator --until 2027-03-31",
      "copse people role grant Dora member --attribute mentor"},
     {{"until", 0, "DATE", "the last day of it, such as 2027-03-31"},
      {"days", 'D', "NUMBER", "for how many days"},
      {"attribute", 'a', "WORD", "what else they are asked to be (several times)"},
      REASON_OPTION}},
    {COPSE_VERB_ROLE_REVOKE, COPSE_VERB_FINER, "people role revoke", NULL, "PERSON [ROLE]", 1, 2,
     "end somebody's role",
     "What they did until now stands. Without ROLE it is the highest they hold.",
     {"copse people role revoke Ben moderator --reason \"The project is over.\""},
     {REASON_OPTION}},
    {COPSE_VERB_ROLE_LIST, COPSE_VERB_FINER, "people role list", NULL, "", 0, 0,
     "list who holds which role, by whom, until when", NULL, {"copse people role list"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_ROLE_HISTORY, COPSE_VERB_FINER, "people role history", NULL, "PERSON", 1, 1,
     "tell how somebody's role came to be, and why each change counts or does not", NULL,
     {"copse people role history Ben"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_ROLE_HAND_OVER, COPSE_VERB_FINER, "people role hand-over", NULL, "PERSON", 1, 1,
     "give your role to somebody and step down",
     "One deed: they have it, and you are a member. Signed with your recovery code.",
     {"copse people role hand-over Ben"},
     {{"code", 0, "CODE", "the recovery code; '-' is standard input"},
      REASON_OPTION}},
    {COPSE_VERB_ROLE_END, COPSE_VERB_FINER, "people role end", NULL, "[PERSON [ROLE]]", 0, 2,
     "step down, or note that somebody's term is over",
     "Without PERSON it is your own role, and signed with your recovery code.",
     {"copse people role end", "copse people role end Ben moderator"},
     {{"code", 0, "CODE", "the recovery code; '-' is standard input"},
      REASON_OPTION}},
    {COPSE_VERB_MODERATE_QUEUE, COPSE_VERB_US, "moderate queue", NULL, "", 0, 0,
     "list what waits for approval, and what came late", NULL, {"copse moderate queue"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_MODERATE_APPROVE, COPSE_VERB_US, "moderate approve", NULL, "ID...", 1,
     COPSE_VERBS_ARGUMENTS_ANY, "let in what waits", NULL, {"copse moderate approve 3fa2 77c0"},
     {REASON_OPTION}},
    {COPSE_VERB_MODERATE_HIDE, COPSE_VERB_US, "moderate hide", NULL, "ID", 1, 1,
     "hide a post, a page, an edit of one, or a person",
     "A gap stays in its place, with your name and the reason; replies stay. Everybody may hide "
     "what they wrote themselves; the rest is for coordinators and moderators. A reader may look "
     "at it all the same: copse show ID --override.",
     {"copse moderate hide 3fa2 --reason \"An advert.\""}, {REASON_OPTION}},
    {COPSE_VERB_MODERATE_UNHIDE, COPSE_VERB_FINER, "moderate unhide", NULL, "ID", 1, 1,
     "show again what was hidden", NULL, {"copse moderate unhide 3fa2 --reason \"A mistake.\""},
     {REASON_OPTION}},
    {COPSE_VERB_MODERATE_LOCK, COPSE_VERB_US, "moderate lock", NULL, "ID", 1, 1,
     "close a conversation or page to members",
     "What was written until now stays. What members write there from now on finds no place.",
     {"copse moderate lock 3fa2 --reason \"All is said.\""}, {REASON_OPTION}},
    {COPSE_VERB_MODERATE_UNLOCK, COPSE_VERB_FINER, "moderate unlock", NULL, "ID", 1, 1,
     "open it again", NULL, {"copse moderate unlock 3fa2 --reason \"News.\""}, {REASON_OPTION}},
    {COPSE_VERB_MODERATE_BAR, COPSE_VERB_FINER, "moderate bar", NULL, "ID TAG", 2, 2,
     "keep a tag off a thing, whoever puts it on", NULL,
     {"copse moderate bar 3fa2 urgent --reason \"It is not.\""}, {REASON_OPTION}},
    {COPSE_VERB_MODERATE_UNBAR, COPSE_VERB_FINER, "moderate unbar", NULL, "ID TAG", 2, 2,
     "let a tag back on", NULL, {"copse moderate unbar 3fa2 urgent --reason \"Now it is.\""},
     {REASON_OPTION}},
    {COPSE_VERB_MODERATE_ERASE, COPSE_VERB_FINER, "moderate erase", NULL, "ID", 1, 1,
     "hide something, and have its words erased a day later",
     "Each node that has held the hiding for 24 hours lets the words go. Until then copse moderate "
     "unhide brings them back.",
     {"copse moderate erase 3fa2 --reason \"Somebody's address.\""}, {REASON_OPTION}},
    {COPSE_VERB_MODERATE_LEDGER, COPSE_VERB_US, "moderate ledger", NULL, "", 0, 0,
     "list who did what to what, when, and why", "The newest first. All members can read it.",
     {"copse moderate ledger"}, {{"limit", 'n', "NUMBER", "show at most NUMBER (50)"}}},
    {COPSE_VERB_MODERATE_REMOVE, COPSE_VERB_US, "moderate remove", NULL, "PERSON", 1, 1,
     "remove somebody from the community",
     "What they wrote until now stays, what they write from now on counts nowhere. With --to they "
     "keep a role; with --from what they did since an entry does not stand either.",
     {"copse moderate remove Eve --reason \"Adverts, after two warnings.\"",
      "copse moderate remove Ben --to member --reason \"...\""},
     {REASON_OPTION,
      {"to", 0, "ROLE", "what they keep: none (the default), member or moderator"},
      {"from", 0, "ID", "nothing they did from this entry on shall stand"}}},
    {COPSE_VERB_MODERATE_READMIT, COPSE_VERB_FINER, "moderate readmit", NULL, "PERSON", 1, 1,
     "let somebody come back who was removed or has left",
     "For whoever removed them, and for those at least as senior. Their program does the rest.",
     {"copse moderate readmit Eve --reason \"We have talked.\""},
     {REASON_OPTION,
      {"role", 'r', "ROLE", "as what (member)"}}},
    {COPSE_VERB_MODERATE_LATE, COPSE_VERB_FINER, "moderate late", NULL, "", 0, 0,
     "list what was written after its author's role had ended", NULL, {"copse moderate late"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_MODERATE_ACCEPT, COPSE_VERB_FINER, "moderate accept", NULL, "PERSON", 1, 1,
     "let stand what came late of somebody",
     "By whoever ended their role, or somebody at least as senior, it stands from then on. By "
     "another steward it comes to all as late, for those to decide.",
     {"copse moderate accept Eve --reason \"Written before she was removed.\""},
     {{"reason", 0, "TEXT", "why, for all members to read"}}},
    {COPSE_VERB_UNPLACED_LIST, COPSE_VERB_FINER, "unplaced list", NULL, "", 0, 0,
     "list those of your words that found no place",
     "Words whose thread was closed, or that were written after a role had ended. Others do not "
     "see them; you can say them again.",
     {"copse unplaced list"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_UNPLACED_REPOST, COPSE_VERB_FINER, "unplaced repost", NULL, "ID", 1, 1,
     "say some of your unplaced words again", NULL, {"copse unplaced repost 3fa2"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_UNPLACED_SAVE, COPSE_VERB_FINER, "unplaced save", NULL, "FILE", 1, 1,
     "write all of your unplaced words into a file", NULL, {"copse unplaced save mine.md"},
     {{NULL, 0, NULL, NULL}}},

    {COPSE_VERB_ME_SHOW, COPSE_VERB_MINE, "me show", NULL, "", 0, 0,
     "show who you are on this machine", NULL, {"copse me show"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_ME_NAME, COPSE_VERB_MINE, "me name", NULL, "NAME", 1, COPSE_VERBS_ARGUMENTS_ANY,
     "change the name others see", NULL, {"copse me name \"Ana Maria Ruiz\""},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_ME_CODE, COPSE_VERB_MINE, "me code", NULL, "[show | confirm [GROUP GROUP]]", 0, 3,
     "your way back in: show the recovery code, confirm that you wrote it down",
     "With the code you can come back as the same person on a new machine. Write it on paper, then "
     "confirm: you are asked for two of its groups, and it is wiped from this machine.",
     {"copse me code show", "copse me code confirm"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_ME_RECOVER, COPSE_VERB_MINE, "me recover", "recover", "[TICKET...]", 0,
     COPSE_VERBS_ARGUMENTS_ANY, "come back on a new machine, with the recovery code you wrote down",
     "Asks for the code, which is not kept, and makes this machine one of your devices. Any "
     "invitation to a community brings you back into it as who you were, also one that is closed; "
     "copse me devices add, on another machine of yours, makes one line for all of them.",
     {"copse me recover TICKET", "copse me recover TICKET --code -"},
     {{"code", 0, "CODE", "the recovery code; '-' is standard input"}}},
    {COPSE_VERB_DEVICES_LIST, COPSE_VERB_FINER, "me devices list", NULL, "", 0, 0,
     "list your devices: where they write, when they last did",
     "One that is given up counts no more. One that writes in several places at once has had its "
     "keys or its folder copied: copse fork repair, on that machine, puts it right.",
     {"copse me devices list"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_DEVICES_ADD, COPSE_VERB_FINER, "me devices add", NULL, "", 0, 0,
     "make the line that makes another machine one of your devices",
     "Paste it there: it asks for your recovery code. For each of your communities it says where "
     "to find it; without the code it lets nobody in.",
     {"copse me devices add"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_DEVICES_REVOKE, COPSE_VERB_FINER, "me devices revoke", NULL, "DEVICE", 1, 1,
     "give up a device that is lost or stolen, in all your communities",
     "DEVICE is the beginning of its key, or the name you gave it. What it wrote stays, as far as "
     "it is here; anything else from it counts nowhere. If somebody else wrote with it, name the "
     "first entry that is not yours with --from: that one, and all that follows it, does not "
     "stand. Say so the first time; what was let stand once stays.",
     {"copse me devices revoke 3fa2", "copse me devices revoke 3fa2 --from 81bd"},
     {{"from", 0, "ID", "nothing from this entry on stands; may be given several times"},
      {"code", 0, "CODE", "the recovery code; '-' is standard input"}}},
    {COPSE_VERB_DEVICES_NAME, COPSE_VERB_FINER, "me devices name", NULL, "DEVICE NAME", 2,
     COPSE_VERBS_ARGUMENTS_ANY, "call a device by a name, on this machine", NULL,
     {"copse me devices name 3fa2 old laptop"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_SYNC, COPSE_VERB_MINE, "sync", NULL, "[ADDR]", 0, 1,
     "meet another node once: both have the same afterwards",
     "Calls the node at ADDR (HOST:PORT), or all that are known, and ends when every community you "
     "share is equal on both sides. copse serve need not run here; where it does, the two do not "
     "disturb each other.",
     {"copse sync 192.0.2.7:7071", "copse sync hub.example:7071 --once"},
     {{"once", 0, NULL, "end when both are equal (it always does; for scripts)"}}},
    {COPSE_VERB_SERVE, COPSE_VERB_MINE, "serve", NULL, "", 0, 0,
     "stay in touch: listen for other nodes, and call those that are known",
     "What you write on this machine while it runs reaches them at once. Ctrl-C stops it. With "
     "--background it runs on when the terminal is closed; copse status tells that it runs.",
     {"copse serve", "copse serve --listen 127.0.0.1:7071", "copse serve --background",
      "copse serve --stop"},
     {{"listen", 'l', "ADDR:PORT", "where to listen (0.0.0.0:7071; port 0: any)"},
      {"background", 'b', NULL, "go on in the background, and say where it writes its log"},
      {"stop", 0, NULL, "stop the one that runs"},
      {"no-web", 0, NULL, "without the pages for a browser"}}},
    {COPSE_VERB_PEER_ADD, COPSE_VERB_FINER, "peer add", NULL, "ADDR", 1, 1,
     "put a node's address into the book", NULL, {"copse peer add hub.example:7071"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_PEER_LIST, COPSE_VERB_FINER, "peer list", NULL, "", 0, 0,
     "list the addresses in the book", NULL, {"copse peer list"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_IMPORT_MARKDOWN, COPSE_VERB_MINE, "import markdown", NULL, "DIR", 1, 1,
     "make pages from a folder of Markdown files",
     "A file that was imported before and has changed becomes an edit of its page; one that has "
     "not changed adds nothing. Symbolic links are not followed.",
     {"copse import markdown notes/ --dry-run", "copse import markdown notes/"},
     {{"dry-run", 0, NULL, "say what would happen, change nothing"}}},
    {COPSE_VERB_EXPORT_MARKDOWN, COPSE_VERB_MINE, "export markdown", NULL, "DIR", 1, 1,
     "write all pages as Markdown files into a folder", NULL, {"copse export markdown backup/"},
     {{"force", 'f', NULL, "replace files that are there and differ"}}},
    {COPSE_VERB_EXPORT_JSONL, COPSE_VERB_MINE, "export jsonl", NULL, "FILE", 1, 1,
     "write everything as JSON, one object a line", "FILE may be '-': standard output.",
     {"copse export jsonl everything.jsonl"}, {{NULL, 0, NULL, NULL}}},

    {COPSE_VERB_INIT, COPSE_VERB_FINER, "init", "me init", "", 0, 0, "make your identity",
     "Asks nothing but your name, and that only if --name does not say it. Once for each person: "
     "on a further machine of yours, or a new one, it is copse me recover.",
     {"copse init --name \"Ana Ruiz\""}, {{"name", 'N', "NAME", "the name others see"}}},
    {COPSE_VERB_ANSWER, COPSE_VERB_FINER, "answer", NULL, "ID [TEXT]", 1,
     COPSE_VERBS_ARGUMENTS_ANY, "answer a question", NULL,
     {"copse answer 3fa2 \"With a door and a finger.\""}, {TEXT_OPTIONS}},
    {COPSE_VERB_ACCEPT, COPSE_VERB_FINER, "accept", NULL, "ID", 1, 1,
     "mark a reply to your question as what answered it", NULL,
     {"copse accept 81bd", "copse accept 81bd --undo"}, {{"undo", 'u', NULL, "take it back"}}},
    {COPSE_VERB_THREAD, COPSE_VERB_FINER, "thread", NULL, "ID", 1, 1,
     "show a conversation from its beginning", NULL, {"copse thread 3fa2"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_FEED, COPSE_VERB_FINER, "feed", NULL, "", 0, 0, "show what is new, newest first",
     NULL, {"copse feed", "copse feed -n 50"},
     {{"limit", 'n', "NUMBER", "show at most NUMBER (20)"}}},
    {COPSE_VERB_TAG, COPSE_VERB_FINER, "tag", NULL, "ID TAG...", 2, COPSE_VERBS_ARGUMENTS_ANY,
     "put tags on a page or a post", NULL,
     {"copse tag 3fa2 optics lab", "copse tag 3fa2 lab --remove"},
     {{"remove", 'r', NULL, "take the tags off"}}},
    {COPSE_VERB_STATUS, COPSE_VERB_FINER, "status", NULL, "", 0, 0,
     "what is here: communities, what is missing, when it was last compared with others", NULL,
     {"copse status"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_DIGEST, COPSE_VERB_FINER, "digest", NULL, "", 0, 0,
     "two numbers that are equal on two machines that hold the same", NULL, {"copse digest"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_CHECK, COPSE_VERB_FINER, "check", NULL, "", 0, 0,
     "verify everything that is stored",
     "With --rebuild all that is derived is made anew and compared with what is stored.",
     {"copse check", "copse check --rebuild"},
     {{"rebuild", 0, NULL, "make everything derived anew and compare"}}},
    {COPSE_VERB_BACKUP, COPSE_VERB_FINER, "backup", NULL, "FILE", 1, 1,
     "write a copy of everything but your keys", NULL, {"copse backup /media/stick/copse.backup"},
     {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_RESTORE, COPSE_VERB_FINER, "restore", NULL, "FILE", 1, 1,
     "begin again from a backup, as a new device of yours",
     "Where there is no store. The backup is verified first; then your recovery code makes a new "
     "key, since the old one has signed what the backup does not have.",
     {"copse restore /media/stick/copse.backup"},
     {{"code", 0, "CODE", "the recovery code; '-' is standard input"}}},
    {COPSE_VERB_FORK_LIST, COPSE_VERB_FINER, "fork list", NULL, "", 0, 0,
     "list identities that wrote in two places at once",
     "That comes of a key or a folder that was copied to another machine, or stolen. Nothing of it "
     "is lost.",
     {"copse fork list"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_FORK_REPAIR, COPSE_VERB_FINER, "fork repair", NULL, "", 0, 0,
     "give this machine a new key, where its old one is used elsewhere too",
     "In all your communities. What was written with the old key stands, as far as it is here; "
     "where another machine has the same key, type it there too.",
     {"copse fork repair", "copse fork repair --from 81bd"},
     {{"from", 0, "ID", "nothing from this entry on stands; may be given several times"},
      {"code", 0, "CODE", "the recovery code; '-' is standard input"}}},
    {COPSE_VERB_FORK_ACCEPT, COPSE_VERB_FINER, "fork accept", NULL, "DEVICE", 1, 1,
     "let what a device wrote in too many places stand",
     "For stewards, where whose device it is cannot repair it. DEVICE is the beginning of its key: "
     "copse fork list.",
     {"copse fork accept 3fa2 --reason \"Her laptop was copied; all of it is hers.\""},
     {{"reason", 0, "TEXT", "why; all members can read it"}}},
    {COPSE_VERB_ERASE, COPSE_VERB_FINER, "erase", NULL, "ID", 1, 1, "erase words of your own",
     "Of a post or page: all that you wrote there yourself, edits of a page included; of one edit: "
     "its words. What others wrote around it stays. Every node lets the words go when it hears of "
     "it; copies, backups and printouts that people have made cannot be called back.",
     {"copse erase 3fa2", "copse erase 3fa2 --yes"},
     {REASON_OPTION}},
    {COPSE_VERB_COMPACT, COPSE_VERB_FINER, "compact", NULL, "", 0, 0,
     "write the store anew, without traces of what was erased",
     "A copse serve that runs does it by itself when something was erased and it is quiet.",
     {"copse compact"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_LIMITS, COPSE_VERB_FINER, "limits", NULL, "", 0, 0, "list the limits that hold",
     NULL, {"copse limits"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_LOG, COPSE_VERB_FINER, "log", NULL, "", 0, 0, "list the raw entries, newest last",
     NULL, {"copse log -n 20"}, {{"limit", 'n', "NUMBER", "show the last NUMBER (50)"}}},
    {COPSE_VERB_VERSION, COPSE_VERB_FINER, "version", NULL, "", 0, 0, "say which version this is",
     NULL, {"copse version"}, {{NULL, 0, NULL, NULL}}},
    {COPSE_VERB_HELP, COPSE_VERB_FINER, "help", NULL, "[VERB]", 0, 3,
     "explain a verb, or list them", NULL, {"copse help page edit", "copse help --all"},
     {{"all", 'a', NULL, "list every verb"},
      {"manual", 0, NULL, "print the lists of the man page"}}},
};

static const struct copse_verb_option verbs_common[] = {
    {"community", 'C', "NAME", "which community: its name, or the beginning of its name or id; may "
                               "be left out where there is one"},
    {"home", 'H', "DIR", "keep everything under DIR (also: COPSE_HOME)"},
    {"json", 'j', NULL, "print one JSON object for programs"},
    {"color", 0, "WHEN", "auto, always or never (also: NO_COLOR)"},
    {"quiet", 'q', NULL, "print nothing but what was asked for"},
    {"no-input", 0, NULL, "never ask, never open an editor: fail instead"},
    {"yes", 'y', NULL, "answer yes where you would be asked"},
    {"help", 'h', NULL, "explain the verb"},
    {NULL, 0, NULL, NULL},
};
// clang-format on

const struct copse_verb *copse_verbs_all(size_t *count)
{
    *count = COPSE_ARRAY_SIZE(verbs_table);
    return verbs_table;
}

const struct copse_verb_option *copse_verbs_common(void)
{
    return verbs_common;
}

/* Do the first words of `typed` spell `words` ("page edit")? Sets *used to how many that took. */
static bool verbs_spell(size_t *used, struct copse_slice words, const char *const *typed,
                        size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(typed[i]);
        if (size > words.size - at || memcmp(words.data + at, typed[i], size) != 0) {
            return false;
        }
        at += size;
        if (at == words.size) {
            *used = i + 1;
            return true;
        }
        if (words.data[at] != ' ') {
            return false;
        }
        at++;
    }
    return false;
}

/* The spellings of a verb one by one: its words, then its aliases. Start with *cursor NULL. */
static bool verbs_next_spelling(const char **cursor, struct copse_slice *out,
                                const struct copse_verb *verb)
{
    if (*cursor == NULL) {
        *out = copse_bytes_of_string(verb->words);
        *cursor = verb->aliases == NULL ? "" : verb->aliases;
        return true;
    }
    if (**cursor == '\0') {
        return false;
    }
    size_t size = strcspn(*cursor, "|");
    *out = (struct copse_slice){(const uint8_t *)*cursor, size};
    *cursor += size + ((*cursor)[size] == '|');
    return true;
}

const struct copse_verb *copse_verbs_find(size_t *used, const char *const *words, size_t count)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(verbs_table); i++) {
        const char *cursor = NULL;
        struct copse_slice spelling;
        while (verbs_next_spelling(&cursor, &spelling, &verbs_table[i])) {
            if (verbs_spell(used, spelling, words, count)) {
                return &verbs_table[i];
            }
        }
    }
    return NULL;
}

/* The word of a spelling that follows `group`, or the first one (NULL); size 0 when there is none.
 */
static struct copse_slice verbs_word(struct copse_slice spelling, const char *group)
{
    size_t at = group == NULL ? 0 : strlen(group) + 1;
    if (at >= spelling.size ||
        (at > 0 && (memcmp(spelling.data, group, at - 1) != 0 || spelling.data[at - 1] != ' '))) {
        return (struct copse_slice){NULL, 0};
    }
    const uint8_t *word = spelling.data + at;
    const uint8_t *space = memchr(word, ' ', spelling.size - at);
    return (struct copse_slice){word, space == NULL ? spelling.size - at : (size_t)(space - word)};
}

bool copse_verbs_is_group(const char *words)
{
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(verbs_table); i++) {
        if (verbs_word(copse_bytes_of_string(verbs_table[i].words), words).size > 0) {
            return true;
        }
    }
    return false;
}

static size_t verbs_least(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* How many letters to put in, take out or replace; two neighbours exchanged count once. */
static size_t verbs_distance(struct copse_slice a, struct copse_slice b)
{
    size_t rows[3][COPSE_VERBS_WORD_MAX + 1];
    COPSE_ASSERT(a.size <= COPSE_VERBS_WORD_MAX && b.size <= COPSE_VERBS_WORD_MAX);
    for (size_t j = 0; j <= b.size; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.size; i++) {
        size_t *row = rows[i % 3];
        const size_t *before = rows[(i + 2) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t replace = before[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            row[j] = verbs_least(before[j] + 1, row[j - 1] + 1, replace);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
                a.data[i - 2] == b.data[j - 1]) {
                size_t swap = rows[(i + 1) % 3][j - 2] + 1;
                row[j] = swap < row[j] ? swap : row[j];
            }
        }
    }
    return rows[a.size % 3][b.size];
}

/* What is near to a typed word, so far. */
struct nearest {
    struct copse_slice typed;
    size_t distance; /* what is as far away as this is not near */
    char *out;
    bool is_found;
};

static void verbs_try(struct nearest *nearest, struct copse_slice candidate)
{
    size_t distance = candidate.size == 0 || candidate.size >= COPSE_VERBS_WORD_MAX
                          ? nearest->distance
                          : verbs_distance(nearest->typed, candidate);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->is_found = true;
        memcpy(nearest->out, candidate.data, candidate.size);
        nearest->out[candidate.size] = '\0';
    }
}

/* False: it is too long to be near to anything. */
static bool verbs_begin(struct nearest *out, char room[COPSE_VERBS_WORD_MAX], const char *word)
{
    struct copse_slice typed = copse_bytes_of_string(word);
    *out = (struct nearest){.typed = typed, .distance = typed.size / 3 + 2, .out = room};
    return typed.size < COPSE_VERBS_WORD_MAX;
}

const char *copse_verbs_nearest(char out[COPSE_VERBS_WORD_MAX], const char *word, const char *group)
{
    struct nearest nearest;
    if (!verbs_begin(&nearest, out, word)) {
        return NULL;
    }
    for (size_t i = 0; i < COPSE_ARRAY_SIZE(verbs_table); i++) {
        const char *cursor = NULL;
        struct copse_slice spelling;
        while (verbs_next_spelling(&cursor, &spelling, &verbs_table[i])) {
            verbs_try(&nearest, verbs_word(spelling, group));
        }
    }
    return nearest.is_found ? out : NULL;
}

const char *copse_verbs_nearest_option(char out[COPSE_VERBS_WORD_MAX], const char *word,
                                       const struct copse_verb *verb)
{
    struct nearest nearest;
    char typed[COPSE_VERBS_WORD_MAX];
    if (strncmp(word, "--", 2) != 0 || strlen(word) >= sizeof(typed)) {
        return NULL;
    }
    (void)snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(word + 2, "="), word + 2);
    (void)verbs_begin(&nearest, out, typed);
    for (size_t i = 0; verb != NULL && i < COPSE_VERBS_OPTIONS_MAX; i++) {
        if (verb->options[i].name != NULL) {
            verbs_try(&nearest, copse_bytes_of_string(verb->options[i].name));
        }
    }
    for (const struct copse_verb_option *option = verbs_common; option->name != NULL; option++) {
        verbs_try(&nearest, copse_bytes_of_string(option->name));
    }
    return nearest.is_found ? out : NULL;
}
