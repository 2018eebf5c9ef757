/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "message-transport.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"
#include "ns3/trace-source-accessor.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationMessageTransport");
NS_OBJECT_ENSURE_REGISTERED(MessageTransport);

TypeId
MessageTransport::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::MessageTransport")
            .SetParent<Object>()
            .SetGroupName("Murmuration")
            .AddAttribute("FrameHeaderSize",
                          "Bytes that frame each message on the wire, beside its content.",
                          UintegerValue(16),
                          MakeUintegerAccessor(&MessageTransport::m_frameHeaderSize),
                          MakeUintegerChecker<uint32_t>())
            .AddTraceSource("Sent",
                            "Send() was called.",
                            MakeTraceSourceAccessor(&MessageTransport::m_sentTrace),
                            "ns3::murmuration::MessageTransport::MessageCallback")
            .AddTraceSource("FirstByte",
                            "It is known when the first byte of a message is at its receiver.",
                            MakeTraceSourceAccessor(&MessageTransport::m_firstByteTrace),
                            "ns3::murmuration::MessageTransport::FirstByteCallback")
            .AddTraceSource("Delivered",
                            "The last byte of a message has reached its receiver.",
                            MakeTraceSourceAccessor(&MessageTransport::m_deliveredTrace),
                            "ns3::murmuration::MessageTransport::MessageCallback")
            .AddTraceSource("Failed",
                            "A message was given up.",
                            MakeTraceSourceAccessor(&MessageTransport::m_failedTrace),
                            "ns3::murmuration::MessageTransport::MessageFailedCallback")
            .AddTraceSource("Aborted",
                            "A message was taken back.",
                            MakeTraceSourceAccessor(&MessageTransport::m_abortedTrace),
                            "ns3::murmuration::MessageTransport::MessageAbortedCallback");
    return tid;
}

MessageTransport::MessageTransport()
{
    NS_LOG_FUNCTION(this);
}

MessageTransport::~MessageTransport()
{
    NS_LOG_FUNCTION(this);
}

void
MessageTransport::DoDispose()
{
    NS_LOG_FUNCTION(this);
    m_delivery = DeliveryCallback();
    m_failure = FailureCallback();
    Object::DoDispose();
}

uint64_t
MessageTransport::Send(uint32_t from,
                       uint32_t to,
                       uint64_t sizeBytes,
                       std::shared_ptr<const void> content)
{
    NS_LOG_FUNCTION(this << from << to << sizeBytes);
    NS_ABORT_MSG_IF(from == to,
                    "MessageTransport::Send: the receiver is the sender, got node "
                        << to << ", allowed any other node");
    Message message;
    message.id = m_nextId++;
    message.from = from;
    message.to = to;
    message.sizeBytes = sizeBytes;
    message.content = std::move(content);
    message.sent = Simulator::Now();
    m_underWay.emplace(message.id, Ends{from, to});
    m_sentTrace(message);
    DoSend(message);
    return message.id;
}

bool
MessageTransport::AbortMessage(uint64_t id)
{
    NS_LOG_FUNCTION(this << id);
    const auto found = m_underWay.find(id);
    if (found == m_underWay.end())
    {
        return false;
    }
    const Ends ends = found->second;
    m_underWay.erase(found);
    DoAbort(id, ends.from, ends.to);
    m_abortedTrace(id, ends.from, ends.to);
    return true;
}

void
MessageTransport::DoAbort(uint64_t /* id */, uint32_t /* from */, uint32_t /* to */)
{
}

uint64_t
MessageTransport::GetNUnderWay() const
{
    return m_underWay.size();
}

uint64_t
MessageTransport::GetNUnderWay(uint32_t node) const
{
    return static_cast<uint64_t>(
        std::count_if(m_underWay.begin(), m_underWay.end(), [node](const auto& message) {
            return message.second.from == node || message.second.to == node;
        }));
}

void
MessageTransport::SetTcpSettings(const TcpSettings& settings)
{
    NS_ABORT_MSG_IF(!(settings == TcpSettings{}),
                    "MessageTransport::SetTcpSettings: there is no TCP in "
                        << GetInstanceTypeId().GetName());
}

void
MessageTransport::SetDeliveryCallback(DeliveryCallback callback)
{
    m_delivery = callback;
}

void
MessageTransport::SetFailureCallback(FailureCallback callback)
{
    m_failure = callback;
}

uint64_t
MessageTransport::GetNDoubtful() const
{
    uint64_t sum = 0;
    for (const auto& [reason, count] : GetDoubts())
    {
        sum += count;
    }
    return sum;
}

RepairsByPair
MessageTransport::GetRepairs() const
{
    return {};
}

uint64_t
MessageTransport::GetNRetransmissions() const
{
    Repairs sum;
    for (const auto& [pair, repairs] : GetRepairs())
    {
        sum += repairs;
    }
    return sum.retransmissions;
}

uint64_t
MessageTransport::GetNTimeouts() const
{
    Repairs sum;
    for (const auto& [pair, repairs] : GetRepairs())
    {
        sum += repairs;
    }
    return sum.timeouts;
}

void
MessageTransport::AddRepairs(RepairsByPair& all, uint32_t from, uint32_t to, const Repairs& repairs)
{
    if (repairs.retransmissions > 0 || repairs.timeouts > 0)
    {
        all[{from, to}] += repairs;
    }
}

DoubtsByReason
MessageTransport::GetDoubts() const
{
    return {};
}

int64_t
MessageTransport::AssignStreams(int64_t /* stream */)
{
    return 0;
}

uint32_t
MessageTransport::GetFrameHeaderSize() const
{
    return m_frameHeaderSize;
}

uint64_t
MessageTransport::GetSegmentedSize(uint64_t sizeBytes,
                                   uint32_t segmentSize,
                                   uint32_t segmentHeaderSize) const
{
    const uint64_t payload = sizeBytes + m_frameHeaderSize;
    const uint64_t segments = (payload + segmentSize - 1) / segmentSize;
    return payload + segments * segmentHeaderSize;
}

void
MessageTransport::NotifyFirstByte(uint64_t id, Time at)
{
    m_firstByteTrace(id, at);
}

void
MessageTransport::NotifyDelivered(const Message& message)
{
    NS_LOG_FUNCTION(this << message.id);
    if (m_underWay.erase(message.id) == 0)
    {
        return;
    }
    m_deliveredTrace(message);
    if (!m_delivery.IsNull())
    {
        m_delivery(message);
    }
}

void
MessageTransport::NotifyFailed(const Message& message, const std::string& reason)
{
    NS_LOG_FUNCTION(this << message.id << reason);
    if (m_underWay.erase(message.id) == 0)
    {
        return;
    }
    m_failedTrace(message, reason);
    if (!m_failure.IsNull())
    {
        m_failure(message, reason);
    }
}

} // namespace murmuration
} // namespace ns3
