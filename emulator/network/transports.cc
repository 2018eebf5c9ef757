#include "emulator/network/transports.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace murmur {

using ns3::murmuration::LinkQueue;
using ns3::murmuration::MessageTransport;
using ns3::murmuration::TcpSettings;
using ns3::murmuration::Underlay;

namespace {

void check_known(std::string_view where,
                 std::string_view spec,
                 const LinkQueue& queue,
                 const TcpSettings& tcp) {
    const TransportMake& make = transports().select(spec).make;
    const bool is_default = queue == LinkQueue{} && tcp == TcpSettings{};
    const std::string unknown = make.unknown           ? make.unknown(queue, tcp)
                                : is_default           ? ""
                                : tcp == TcpSettings{} ? "knows no queues"
                                                       : "knows no TCP";
    if (!unknown.empty()) {
        throw std::invalid_argument(fmt::format("{}: --network={} {}", where, spec, unknown));
    }
}

}  // namespace

TransportRegistry& transports() {
    static TransportRegistry registry("network", register_all);
    return registry;
}

ns3::Ptr<MessageTransport> make_transport(std::string_view spec, ns3::Ptr<Underlay> underlay) {
    const auto chosen = transports().select(spec);
    return chosen.make.make(chosen.options, std::move(underlay));
}

void require_known(std::string_view where, std::string_view spec, const LinkQueue& queue) {
    check_known(where, spec, queue, {});
}

void require_known(std::string_view where, std::string_view spec, const TcpSettings& settings) {
    check_known(where, spec, {}, settings);
}

}  // namespace murmur
