#include "topologies/router_builder.h"
#include "topologies/text_files.h"
#include "topologies/weighted_links.h"

#include <fmt/format.h>

#include <map>

namespace murmur {
namespace {

/// One Inet file on its way to a graph.
class InetReader {
  public:
    InetReader(const std::string& path, const LinkDefaults& defaults)
        : lines_(path), builder_(path, "Inet"), links_(builder_, defaults) {}

    RouterGraph read() {
        expect(2, "NODES LINKS");
        const auto num_nodes = parse_number<std::uint32_t>(lines_.fields()[0]);
        const auto num_links = parse_number<std::uint32_t>(lines_.fields()[1]);
        if (!num_nodes || !num_links || *num_links == 0) {
            lines_.fail(
                fmt::format("got '{}', allowed two counts, NODES LINKS", shown(lines_.line())));
        }
        for (std::uint32_t i = 0; i < *num_nodes; ++i) {
            expect(3, "id x y");
            add_node();
        }
        for (std::uint32_t i = 0; i < *num_links; ++i) {
            expect(3, "from to weight");
            const std::vector<std::string_view>& fields = lines_.fields();
            links_.add(lines_, router_at(fields[0]), router_at(fields[1]), fields[2]);
        }
        if (lines_.next()) {
            lines_.fail(fmt::format("got '{}', allowed nothing more", shown(lines_.line())));
        }
        return links_.take();
    }

  private:
    /// Moves to the next line, which must exist and have `count` fields.
    void expect(std::size_t count, std::string_view form) {
        if (!lines_.next()) {
            lines_.fail(fmt::format("the file ends here, allowed a line '{}'", form));
        }
        if (lines_.fields().size() != count) {
            lines_.fail(fmt::format("got '{}', allowed '{}'", shown(lines_.line()), form));
        }
    }

    void add_node() {
        const std::string id(lines_.fields().front());
        if (!routers_.emplace(id, builder_.add_router(id)).second) {
            lines_.fail(fmt::format("node '{}' is repeated", shown(id, 30)));
        }
    }

    RouterId router_at(std::string_view id) const {
        const auto router = routers_.find(id);
        if (router == routers_.end()) {
            lines_.fail(fmt::format("no such node, got '{}'", shown(id, 30)));
        }
        return router->second;
    }

    FieldReader lines_;
    RouterBuilder builder_;
    WeightedLinks links_;
    std::map<std::string, RouterId, std::less<>> routers_;  ///< by id
};

}  // namespace

RouterGraph read_inet(const std::string& path, const LinkDefaults& defaults) {
    return InetReader(path, defaults).read();
}

}  // namespace murmur
