#include "emulator/run/message_flow.h"

#include "emulator/nodes/mailbox.h"
#include "emulator/run/ns3_network.h"
#include "emulator/tasks/bridge.h"

#include "ns3/callback.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace murmur {

using ns3::murmuration::Message;
using ns3::murmuration::MessageTransport;

namespace {

/// A program's own transport may have forgotten whose child its TypeId is.
template <class... Arguments, class F>
void connect_trace(MessageTransport& transport, const std::string& source, F function) {
    if (!transport.TraceConnectWithoutContext(
            source, ns3::Callback<void, Arguments...>(std::move(function)))) {
        throw std::logic_error("the message transport has no trace source " + source);
    }
}

}  // namespace

MessageFlow::MessageFlow(const Parts& parts) : parts_(parts), sent_(parts.num_nodes) {
    if (parts.counts_exchanges) {
        exchanges_.emplace(parts.num_nodes);
    }
}

void MessageFlow::connect(MessageTransport& transport) {
    connect_trace<const Message&>(
        transport, "Sent", [this](const Message& message) { begin(message); });
    transport.SetDeliveryCallback(
        ns3::Callback<void, const Message&>([this](const Message& message) {
            end(message.id, message.from, message.to);
            if (Mailbox::purpose_of(message) == Purpose::kProtocol) {
                parts_.nodes.at(message.to).deliver(message);
            } else {
                parts_.nodes.churn()->deliver(message);
            }
        }));
    transport.SetFailureCallback(ns3::Callback<void, const Message&, const std::string&>(
        [this](const Message& message, const std::string& reason) {
            end(message.id, message.from, message.to);
            if (Mailbox::purpose_of(message) == Purpose::kProtocol) {
                parts_.nodes.at(message.from).give_up(message, reason);
            } else {
                parts_.nodes.churn()->give_up(message);
            }
        }));
    // A message that was taken back is in nobody's hands, wherever its bytes are.
    connect_trace<std::uint64_t, std::uint32_t, std::uint32_t>(
        transport, "Aborted", [this](std::uint64_t id, std::uint32_t from, std::uint32_t to) {
            end(id, from, to);
        });
}

void MessageFlow::begin(const Message& message) {
    check_arrival(message, parts_.underlay, Bridge::now());
    digest(message);
    ++sent_[message.from];
    ++in_flight_;
    if (exchanges_ && Mailbox::purpose_of(message) == Purpose::kProtocol) {
        exchanges_->note_sent(message.from, message.to, Mailbox::round_of(message));
    }
    if (Churn* const churn = parts_.nodes.churn()) {
        churn->note_sent(message);
    }
    parts_.nodes.at(message.from).device().message_departs();
    parts_.nodes.at(message.to).device().message_departs();
}

void MessageFlow::end(std::uint64_t id, NodeId from, NodeId to) {
    --in_flight_;
    if (Churn* const churn = parts_.nodes.churn()) {
        churn->note_ended(id);
    }
    parts_.nodes.at(from).device().message_ends();
    parts_.nodes.at(to).device().message_ends();
}

void MessageFlow::digest(const Message& message) {
    parts_.graph.digest(static_cast<std::uint64_t>(Bridge::now().count()));
    parts_.graph.digest((std::uint64_t{message.from} << 32) | message.to);
    parts_.graph.digest(message.sizeBytes);
}

void MessageFlow::close_round(std::uint64_t round) {
    if (exchanges_) {
        exchanges_->close(round - 1);
    }
}

void MessageFlow::count_round(std::uint64_t round) {
    if (exchanges_ && round > 0) {
        exchanges_->count(round - 1);
    }
}

std::vector<ExchangeCounts::Row> MessageFlow::exchanges() const {
    return exchanges_ ? exchanges_->rows() : std::vector<ExchangeCounts::Row>();
}

}  // namespace murmur
