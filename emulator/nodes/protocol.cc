#include "emulator/nodes/protocol.h"

#include <fmt/format.h>

#include <stdexcept>

namespace murmur {

void Protocol::on_send_failed(const Outgoing& message, const std::string& reason) {
    throw std::runtime_error(
        fmt::format("the message of round {} from node {} to node {} failed: {}",
                    message.round,
                    node_.id(),
                    message.to,
                    reason));
}

void Protocol::on_return(ModelHandle model) {
    if (model) {
        throw std::logic_error(fmt::format(
            "the protocol of node {} does not take another model over", node_.id()));
    }
}

}  // namespace murmur
