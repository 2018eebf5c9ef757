#include "emulator/network/link_names.h"

#include "emulator/base/csv_file.h"

#include <fmt/format.h>

#include <map>

namespace murmur {

std::vector<std::string> link_names(const ns3::murmuration::Underlay& underlay) {
    std::vector<std::string> names;
    std::map<std::string, std::size_t> bearers;
    for (std::uint32_t link = 0; link < underlay.GetNLinks(); ++link) {
        names.push_back(csv_text(underlay.GetLinkName(link)));
        ++bearers[names.back()];
    }
    std::map<std::string, std::size_t> given;
    for (std::string& name : names) {
        if (bearers[name] > 1) {
            const std::size_t number = ++given[name];
            name += fmt::format(" #{}", number);
        }
    }
    return names;
}

std::string links_down(const ns3::murmuration::Underlay& underlay) {
    constexpr std::size_t kMostNames = 4;
    std::string text;
    std::size_t count = 0;
    const std::vector<std::string> names = link_names(underlay);
    for (std::uint32_t link = 0; link < names.size(); ++link) {
        if (!underlay.GetLink(link).isUp && count++ < kMostNames) {
            text += fmt::format("{}{}", text.empty() ? "" : ", ", names[link]);
        }
    }
    return count > kMostNames ? fmt::format("{} and {} more", text, count - kMostNames) : text;
}

}  // namespace murmur
