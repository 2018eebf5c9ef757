#include "emulator/nodes/mailbox.h"

#include <memory>
#include <optional>
#include <utility>

namespace murmur {

namespace {

/// What travels beside the bytes of a message.
const Outgoing& envelope_of(const ns3::murmuration::Message& message) {
    return *static_cast<const Outgoing*>(message.content.get());
}

}  // namespace

MessageId Mailbox::send(Outgoing message) {
    MessageSize size;
    if (message.content) {
        const std::optional<MessageSize>& known = message.content.known_size();
        size = known ? *known : bridge_.graph().agreed(message.content, [](const Encoded& content) {
            return content->size();
        });
    }
    size.metadata += message.note ? message.note->size_bytes() : 0;
    sent_.values += size.values;
    sent_.metadata += size.metadata;
    const NodeId to = message.to;
    const std::uint64_t id = transport_.Send(
        node_, to, size.total(), std::make_shared<const Outgoing>(std::move(message)));
    return MessageId{id};
}

void Mailbox::cancel(MessageId message) {
    transport_.AbortMessage(static_cast<std::uint64_t>(message));
}

Incoming Mailbox::incoming(const ns3::murmuration::Message& message) {
    const Outgoing& sent = envelope_of(message);
    return {message.from, sent.round, sent.content, sent.note};
}

Outgoing Mailbox::outgoing(const ns3::murmuration::Message& message) {
    return envelope_of(message);
}

Purpose Mailbox::purpose_of(const ns3::murmuration::Message& message) {
    return envelope_of(message).purpose;
}

std::uint64_t Mailbox::round_of(const ns3::murmuration::Message& message) {
    return envelope_of(message).round;
}

}  // namespace murmur
