#include "topologies/router_builder.h"
#include "topologies/text_files.h"
#include "topologies/weighted_links.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace murmur {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

/// Returns the text between the first and the last character, where these are `open` and `close`.
std::optional<std::string_view> inside(std::string_view text, char open, char close) {
    if (text.size() < 2 || text.front() != open || text.back() != close) {
        return std::nullopt;
    }
    return text.substr(1, text.size() - 2);
}

/// A router of a map, as its line has it.
struct MapLine {
    std::string_view uid;
    std::vector<std::string_view> neighbors;
    std::size_t external = 0;              ///< neighbors in other networks
    std::optional<std::size_t> announced;  ///< how many neighbors it says to have
};

/// Reads `uid @loc [+] [bb] (neighbors) [&ext] -> <uid> ... {-euid} ... =name rN`; none where a
/// line is not so.
std::optional<MapLine> map_line(const std::vector<std::string_view>& fields) {
    const auto arrow = std::find(fields.begin(), fields.end(), "->");
    if (fields.size() < 2 || !is_number(fields[0]) || !fields[1].starts_with('@') ||
        arrow == fields.end()) {
        return std::nullopt;
    }
    MapLine line{.uid = fields[0], .neighbors = {}, .external = 0, .announced = {}};
    for (auto field = fields.begin() + 2; field != arrow; ++field) {
        const auto count = inside(*field, '(', ')');
        if (count && is_number(*count)) {
            line.announced = parse_number<std::size_t>(*count);
        } else if (*field != "+" && *field != "bb" &&
                   !(field->starts_with('&') && is_number(field->substr(1)))) {
            return std::nullopt;
        }
    }
    for (auto field = arrow + 1; field != fields.end(); ++field) {
        const auto neighbor = inside(*field, '<', '>');
        const auto other = inside(*field, '{', '}');
        if (neighbor && is_number(*neighbor)) {
            line.neighbors.push_back(*neighbor);
        } else if (other && other->starts_with('-') && is_number(other->substr(1))) {
            ++line.external;
        } else if (!field->starts_with('=') &&
                   !(field->starts_with('r') && is_number(field->substr(1)))) {
            return std::nullopt;
        }
    }
    return line;
}

/// Returns whether a line is a router of another network: `-euid =address rN`.
bool is_external(const std::vector<std::string_view>& fields) {
    return fields.size() >= 2 && fields[0].starts_with('-') && is_number(fields[0].substr(1)) &&
           fields[1].starts_with('=');
}

/// One Rocketfuel file on its way to a graph.
class RocketfuelReader {
  public:
    RocketfuelReader(const std::string& path, const LinkDefaults& defaults)
        : lines_(path), builder_(path, "Rocketfuel"), links_(builder_, defaults) {}

    RouterGraph read() {
        bool is_map = false;
        for (bool is_first = true; lines_.next(); is_first = false) {
            const std::vector<std::string_view>& fields = lines_.fields();
            if (is_first) {
                is_map = is_external(fields) || fields.size() != 3 || fields[1].starts_with('@');
            }
            if (is_map) {
                add_map_line();
            } else if (fields.size() == 3) {
                // Numbered as the file names them: arguments of a call have no order.
                const RouterId from = router(fields[0]);
                const RouterId to = router(fields[1]);
                links_.add(lines_, from, to, fields[2]);
            } else {
                lines_.fail(fmt::format("got '{}', allowed from to weight", shown(lines_.line())));
            }
        }
        note_map();
        if (builder_.num_routers() == 0) {
            lines_.fail("the file is empty, allowed a map or lines 'from to weight'");
        }
        return links_.take();
    }

  private:
    void add_map_line() {
        if (is_external(lines_.fields())) {
            ++external_;
            return;
        }
        const std::optional<MapLine> line = map_line(lines_.fields());
        if (!line) {
            lines_.fail(
                fmt::format("got '{}', allowed a line of a map: uid @loc [+] [bb] (N) [&ext] -> "
                            "<uid> <uid> ... =name rN",
                            shown(lines_.line())));
        }
        const RouterId from = router(line->uid);
        if (!has_line_.emplace(from, lines_.line_number()).second) {
            lines_.fail(fmt::format(
                "router {} is repeated, as in line {}", shown(line->uid, 30), has_line_[from]));
        }
        for (const std::string_view neighbor : line->neighbors) {
            links_.add(lines_, from, router(neighbor));
        }
        external_links_ += line->external;
        miscounted_ += line->announced && *line->announced != line->neighbors.size() ? 1 : 0;
    }

    void note_map() {
        if (external_ + external_links_ > 0) {
            builder_.note(fmt::format("left out: {} of other networks and {} to them",
                                      counted(external_, "router"),
                                      counted(external_links_, "link")));
        }
        if (has_line_.empty()) {
            return;
        }
        if (const std::size_t unlisted = builder_.num_routers() - has_line_.size(); unlisted > 0) {
            builder_.note(counted(unlisted, "router") + " without a line");
        }
        if (miscounted_ > 0) {
            builder_.note(counted(miscounted_, "router") +
                          " with more or fewer neighbors than announced");
        }
        builder_.note("places and names are not used");
    }

    RouterId router(std::string_view name) {
        const auto known = routers_.find(name);
        if (known != routers_.end()) {
            return known->second;
        }
        const RouterId added = builder_.add_router(std::string(name));
        routers_.emplace(name, added);
        return added;
    }

    FieldReader lines_;
    RouterBuilder builder_;
    WeightedLinks links_;
    std::map<std::string, RouterId, std::less<>> routers_;  ///< by name
    std::map<RouterId, std::size_t> has_line_;              ///< line in a map
    std::size_t external_ = 0;
    std::size_t external_links_ = 0;
    std::size_t miscounted_ = 0;
};

}  // namespace

RouterGraph read_rocketfuel(const std::string& path, const LinkDefaults& defaults) {
    return RocketfuelReader(path, defaults).read();
}

}  // namespace murmur
