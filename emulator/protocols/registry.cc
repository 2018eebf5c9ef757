#include "emulator/protocol.h"
#include "emulator/protocols/dpsgd.h"
#include "emulator/protocols/local.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

ProtocolFactory make_protocol(std::string_view name) {
    if (name == "dpsgd") {
        return [](NodeId) { return std::make_unique<Dpsgd>(); };
    }
    if (name == "local") {
        return [](NodeId) { return std::make_unique<LocalTraining>(); };
    }
    throw std::invalid_argument(fmt::format("--protocol: got '{}', allowed dpsgd, local", name));
}

void Protocol::on_send_failed(NodeContext& node,
                              NodeId to,
                              std::uint64_t round,
                              const std::string& reason) {
    throw std::runtime_error(
        fmt::format("the message of round {} from node {} to node {} failed: {}",
                    round,
                    node.id(),
                    to,
                    reason));
}

}  // namespace murmur
