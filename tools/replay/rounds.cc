#include "tools/replay/rounds.h"

#include "tools/replay/json_field.h"
#include "tools/replay/rounds_demo.h"
#include "tools/replay/rounds_optimisers.h"
#include "tools/replay/rounds_outer.h"
#include "tools/replay/rounds_robust.h"
#include "tools/text/words.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace murmur::replay {
namespace {

/// What the replay of a section works with.
struct Rounds {
    const std::filesystem::path& path;
    const Field& root;
};

struct Section {
    std::string name;
    /// Empty: nothing here replays it.
    std::function<std::vector<RuleDifference>(const Rounds&)> replay{};
};

const std::vector<Section>& known_sections() {
    static const std::vector<Section> sections{
        {"optimisers",
         [](const Rounds& rounds) { return replay_optimisers(rounds.path, rounds.root); }},
        {"robust", [](const Rounds& rounds) { return replay_robust(rounds.root.at("robust")); }},
        {"outer", [](const Rounds& rounds) { return replay_outer(rounds.root); }},
        {"demo", [](const Rounds& rounds) { return replay_demo(rounds.root); }}};
    return sections;
}

/// Returns the names of sections that `root` has: those known here first, in their order.
std::vector<std::string> sections_of(const Field& root) {
    std::vector<std::string> names;
    for (const Section& section : known_sections()) {
        if (root.has(section.name)) {
            names.push_back(section.name);
        }
    }
    for (const auto& [key, value] : root.json.items()) {
        if (key != "problem" && std::ranges::find(names, key) == names.end()) {
            names.push_back(key);
        }
    }
    return names;
}

}  // namespace

bool is_rounds_file(const Json& root) {
    return root.is_object() &&
           (root.contains("problem") ||
            std::ranges::any_of(known_sections(), [&root](const Section& section) {
                return root.contains(section.name);
            }));
}

std::vector<RuleDifference> replay_rounds(const std::filesystem::path& path,
                                          const Json& json,
                                          const std::vector<std::string>& sections) {
    const Field root{json, path.string()};
    const std::vector<std::string> present = sections_of(root);
    for (const std::string& name : sections) {
        if (std::ranges::find(present, name) == present.end()) {
            root.refuse(unknown_word("section", name, present));
        }
    }
    std::vector<RuleDifference> all;
    for (const std::string& name : sections.empty() ? present : sections) {
        const auto found = std::ranges::find(known_sections(), name, &Section::name);
        if (found == known_sections().end() || !found->replay) {
            all.push_back(not_replayed(shown(name), "this section is not replayed"));
            continue;
        }
        for (RuleDifference& difference : found->replay({path, root})) {
            all.push_back(std::move(difference));
            all.back().key = fmt::format("{}.{}", name, all.back().key);
        }
    }
    return all;
}

}  // namespace murmur::replay
