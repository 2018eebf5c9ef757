/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "packet-connection.h"

#include "node-pair.h"

#include "ns3/log.h"
#include "ns3/rng-seed-manager.h"

#include <algorithm>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationPacketConnection");

namespace
{

/** The segment of the last byte of what has not been sent. */
constexpr uint32_t NOT_SENT = UINT32_MAX;

/** Bytes of a SACK option: 4, and 8 for each block. */
constexpr uint32_t SACK_BASE = 4;
constexpr uint32_t SACK_BLOCK = 8;

/** Bytes of a reset: IPv4 and TCP without options. */
constexpr uint32_t RESET_SIZE = 40;

/** Time stamps count us, and begin anew after 71 minutes. */
constexpr int64_t STAMP_UNIT = 1'000;

/**
 * The time of a stamp.
 * @param stamp the stamp, of less than 71 minutes ago
 * @param now the time in ns
 * @return in ns
 */
int64_t
ReadStamp(uint32_t stamp, int64_t now)
{
    const int64_t units = now / STAMP_UNIT;
    return (units - static_cast<uint32_t>(static_cast<uint32_t>(units) - stamp)) * STAMP_UNIT;
}

/** Windows are told in these, rounded up: what tcp_rmem[2] makes of their scale. */
constexpr uint32_t WINDOW_UNIT = 128;

/**
 * What an acknowledgement without options tells beside numbers.
 * @param window in bytes
 * @param now the time in ns
 * @return PacketSegment::extra
 */
uint32_t
PackWindow(uint32_t window, int64_t now)
{
    const uint32_t units = (window + WINDOW_UNIT - 1) / WINDOW_UNIT;
    const auto clock = static_cast<uint16_t>(now / PacketSegment::CLOCK_UNIT);
    return std::min(units, 0xffffU) | uint32_t{clock} << 16;
}

/**
 * The window in there.
 * @param extra PacketSegment::extra
 * @return in bytes
 */
uint32_t
ReadWindow(uint32_t extra)
{
    return (extra & 0xffffU) * WINDOW_UNIT;
}

/**
 * The clock of a host: where in a tick a run begins differs from host to host, and is the same for
 * all connections of one.
 * @param node the host
 * @return its clock
 */
PacketTicks
MakeTicks(uint32_t node)
{
    uint64_t mixed = (uint64_t{node} + 1) * 0x9E3779B97F4A7C15U ^
                     uint64_t { RngSeedManager::GetSeed() } << 32 ^ RngSeedManager::GetRun();
    mixed = (mixed ^ mixed >> 32) * 0x9E3779B97F4A7C15U;
    return PacketTicks(static_cast<int64_t>((mixed >> 32) % PacketTicks::LENGTH));
}

} // namespace

PacketConnection::PacketConnection(PacketNetwork& network,
                                   const PacketTcpOptions& options,
                                   Owner& owner,
                                   const Ends& ends)
    : m_network(network),
      m_options(options),
      m_owner(owner),
      m_ends(ends),
      m_flow(network.AddFlow(ends.from, ends.to)),
      m_sender(options, *this, network.IsHeldAtHost(m_flow), MakeTicks(ends.from)),
      m_receiver(options, *this, MakeTicks(ends.to))
{
    NS_LOG_FUNCTION(this << ends.from << ends.to);
    network.AddFlow(ends.to, ends.from);
}

void
PacketConnection::Send(const Message& message, uint64_t streamBytes)
{
    NS_LOG_FUNCTION(this << message.id << streamBytes);
    m_lastUse = GetNow();
    m_messages.push_back({message, m_end, m_end + streamBytes, NOT_SENT, NOT_SENT, false});
    m_end += streamBytes;
    if (m_sender.GetState() == PacketTcpSender::State::CLOSED)
    {
        m_sender.Connect();
    }
    m_sender.Write(streamBytes);
    WakeInTime();
}

bool
PacketConnection::Withdraw(uint64_t id)
{
    NS_LOG_FUNCTION(this << id);
    const auto found =
        std::find_if(m_messages.begin(), m_messages.end(), [id](const Pending& pending) {
            return pending.message.id == id;
        });
    const uint64_t sent = m_sender.GetSentBytes();
    if (found == m_messages.end() || found->end <= sent)
    {
        return false;
    }
    const uint64_t bytes = found->end - std::max(found->begin, sent);
    m_sender.Withdraw(bytes);
    m_end -= bytes;
    for (auto later = m_messages.erase(found); later != m_messages.end(); ++later)
    {
        later->begin -= bytes;
        later->end -= bytes;
    }
    return true;
}

void
PacketConnection::HandleArrival(const PacketSegment& packet)
{
    if (packet.flow == m_flow)
    {
        HandleArrivalAtReceiver(packet);
    }
    else
    {
        HandleArrivalAtSender(packet);
    }
    WakeInTime();
}

void
PacketConnection::HandleArrivalAtReceiver(const PacketSegment& packet)
{
    const int64_t stamp = ReadStamp(packet.stamp, m_network.GetNow());
    switch (packet.kind)
    {
    case PacketSegment::Kind::SYN:
        m_receiver.HandleSyn(stamp);
        break;
    case PacketSegment::Kind::DATA: {
        const bool isPushed = (packet.extra & PacketSegment::PUSHED) != 0 ||
                              (!m_messages.empty() && m_messages.front().segment == packet.number);
        const uint32_t payload = packet.size - m_options.segmentHeaderSize;
        const auto clock = static_cast<uint16_t>(m_network.GetNow() / PacketSegment::CLOCK_UNIT);
        const auto trip = static_cast<uint16_t>(clock - (packet.extra & PacketSegment::CLOCK_MASK));
        m_receiver.HandleData({packet.number,
                               payload,
                               stamp,
                               trip * PacketSegment::CLOCK_UNIT,
                               isPushed,
                               packet.marks});
        Deliver();
        break;
    }
    case PacketSegment::Kind::RST:
        m_receiver.HandleReset();
        break;
    default:
        m_receiver.HandleHandshakeAck();
        break;
    }
}

void
PacketConnection::HandleArrivalAtSender(const PacketSegment& packet)
{
    if (packet.kind == PacketSegment::Kind::RST)
    {
        m_sender.HandleReset();
        return;
    }
    if (m_sender.GetState() == PacketTcpSender::State::FAILED)
    {
        SendReset(false);
        return;
    }
    const int64_t stamp = ReadStamp(packet.stamp, m_network.GetNow());
    if (packet.kind == PacketSegment::Kind::SACK)
    {
        // A copy, as the pool may move while the acknowledgement lets new packets go.
        const PacketSack sack = m_network.GetPool().GetSack(packet);
        m_peerClock = sack.clock;
        m_sender.HandleAck({packet.number, sack.window, stamp, &sack, sack.isEcho});
        return;
    }
    m_peerClock = static_cast<uint16_t>(packet.extra >> 16);
    if (packet.kind == PacketSegment::Kind::SYN_ACK)
    {
        m_sender.HandleSynAck(stamp, ReadWindow(packet.extra));
        return;
    }
    const bool isEcho = (packet.marks & PacketSegment::ECHO) != 0;
    m_sender.HandleAck({packet.number, ReadWindow(packet.extra), stamp, nullptr, isEcho});
}

void
PacketConnection::HandleDeparture(uint32_t segments)
{
    m_sender.HandleDeparture(segments);
    WakeInTime();
}

void
PacketConnection::HandleTimer(bool isReceiver)
{
    const int64_t now = m_network.GetNow();
    int64_t& waking = isReceiver ? m_wakings.receiver : m_wakings.sender;
    if (waking != now)
    {
        return; // It was set anew, for an earlier time.
    }
    waking = PacketNetwork::NEVER;
    if (isReceiver && m_receiver.GetDeadline() <= now)
    {
        m_receiver.HandleTimer();
    }
    else if (!isReceiver && m_sender.GetDeadline() <= now)
    {
        m_sender.HandleTimer();
    }
    WakeInTime();
}

void
PacketConnection::WakeInTime()
{
    // A deadline that is put off, as most are, costs nothing until the earlier time has come.
    if (m_sender.GetDeadline() < m_wakings.sender)
    {
        m_wakings.sender = std::max(m_sender.GetDeadline(), m_network.GetNow());
        m_network.SetTimer(m_flow, m_wakings.sender);
    }
    if (m_receiver.GetDeadline() < m_wakings.receiver)
    {
        m_wakings.receiver = std::max(m_receiver.GetDeadline(), m_network.GetNow());
        m_network.SetTimer(m_flow + 1, m_wakings.receiver);
    }
}

void
PacketConnection::Deliver()
{
    while (!m_messages.empty())
    {
        Pending& front = m_messages.front();
        if (front.first < m_receiver.GetNext())
        {
            front.first = NOT_SENT;
            m_owner.HandleFirstByte(front.message);
        }
        if (front.segment >= m_receiver.GetNext())
        {
            return;
        }
        const Message message = std::move(m_messages.front().message);
        m_messages.pop_front();
        m_lastUse = GetNow();
        --m_nPlaced;
        m_owner.HandleDelivery(message);
    }
}

std::deque<Message>
PacketConnection::TakeMessages()
{
    std::deque<Message> messages;
    for (const Pending& pending : std::exchange(m_messages, {}))
    {
        messages.push_back(pending.message);
    }
    return messages;
}

bool
PacketConnection::IsIdleSince(int64_t since) const
{
    const bool hasFailed = m_sender.GetState() == PacketTcpSender::State::FAILED;
    const bool isIdle = m_lastUse <= since &&
                        m_sender.GetState() == PacketTcpSender::State::ESTABLISHED &&
                        m_sender.GetScoreboard().GetSize() == 0;
    return m_messages.empty() && (hasFailed || isIdle) &&
           m_sender.GetDeadline() == PacketTcpSender::NEVER &&
           m_receiver.GetDeadline() == PacketTcpReceiver::NEVER;
}

int64_t
PacketConnection::GetEarliestOutcome() const
{
    const uint64_t end = m_messages.front().end;
    const uint64_t received = m_receiver.GetReceivedBytes();
    // What has arrived of later messages makes less seem to be missing, and the answer earlier.
    const uint64_t missing = end > received ? end - received : 1;
    const int64_t arrival =
        m_network.GetEarliestArrival(m_flow, missing, m_sender.GetSentBytes() >= end);
    const int64_t failure = std::min(m_sender.GetEarliestFailure(), GetEarliestReset());
    // Where links have no delay, it is the next event that tells more.
    return std::max(std::min(arrival, failure), m_network.GetNextTime());
}

int64_t
PacketConnection::GetEarliestReset() const
{
    const int64_t now = m_network.GetNow();
    const int64_t giveUp = m_receiver.GetEarliestGiveUp();
    if (giveUp > now)
    {
        return giveUp;
    }
    // The sending end is reset by the answer to what it sends.
    if (m_sender.GetState() == PacketTcpSender::State::SYN_SENT)
    {
        return now + m_network.GetDelay(m_flow) + m_network.GetDelay(m_flow + 1);
    }
    const bool isOnItsWay = m_network.GetNPackets(m_flow + 1) > 0;
    return now + (isOnItsWay ? 0 : m_network.GetDelay(m_flow + 1));
}

int64_t
PacketConnection::GetNow() const
{
    return m_network.GetNow();
}

uint64_t
PacketConnection::GetSalt() const
{
    return NodePairKey(m_ends.from, m_ends.to) ^ RngSeedManager::GetRun() << 48 ^
           uint64_t { RngSeedManager::GetSeed() } << 16;
}

void
PacketConnection::SendPacket(const PacketSegment& packet)
{
    PacketPool& pool = m_network.GetPool();
    const uint32_t place = pool.Allocate();
    pool[place] = packet;
    m_owner.HandleSending(packet.flow == m_flow ? m_ends.from : m_ends.to, packet);
    m_network.Send(place);
}

PacketSegment
PacketConnection::MakePacket(PacketSegment::Kind kind, bool isBack, uint32_t size) const
{
    PacketSegment packet{};
    packet.kind = kind;
    packet.flow = m_flow + (isBack ? 1 : 0);
    packet.stamp = static_cast<uint32_t>(GetNow() / STAMP_UNIT);
    packet.size = static_cast<uint16_t>(size);
    return packet;
}

void
PacketConnection::SendSyn()
{
    SendPacket(MakePacket(PacketSegment::Kind::SYN, false, m_options.synSize));
}

void
PacketConnection::SendHandshakeAck()
{
    SendPacket(MakePacket(PacketSegment::Kind::ACK, false, m_options.segmentHeaderSize));
}

void
PacketConnection::SendSegment(const PacketSending& sending)
{
    const uint32_t size = sending.payload + m_options.segmentHeaderSize;
    PacketSegment packet = MakePacket(PacketSegment::Kind::DATA, false, size);
    packet.number = sending.number;
    packet.marks = sending.marks & 0xf;
    packet.extra = m_peerClock | sending.charge << PacketSegment::CHARGE_SHIFT |
                   (sending.isPushed ? PacketSegment::PUSHED : 0);
    SendPacket(packet);
}

void
PacketConnection::HandleFirstSending(uint32_t number, uint64_t end)
{
    while (m_nPlaced < m_messages.size() && m_messages[m_nPlaced].end <= end)
    {
        Pending& placed = m_messages[m_nPlaced++];
        placed.segment = number;
        placed.first = placed.isBegun ? placed.first : number;
        placed.isBegun = true;
    }
    if (m_nPlaced < m_messages.size())
    {
        Pending& next = m_messages[m_nPlaced];
        if (!next.isBegun && next.begin < end)
        {
            next.first = number;
            next.isBegun = true;
        }
    }
}

void
PacketConnection::Fail(const std::string& reason)
{
    NS_LOG_FUNCTION(this << m_ends.from << m_ends.to << reason);
    m_owner.HandleFailure(*this, reason);
}

void
PacketConnection::SendSynAck(int64_t echo, uint32_t window)
{
    PacketSegment packet = MakePacket(PacketSegment::Kind::SYN_ACK, true, m_options.synSize);
    packet.stamp = static_cast<uint32_t>(echo / STAMP_UNIT);
    packet.extra = PackWindow(window, GetNow());
    SendPacket(packet);
}

void
PacketConnection::SendReset(bool isBack)
{
    SendPacket(MakePacket(PacketSegment::Kind::RST, isBack, RESET_SIZE));
}

void
PacketConnection::SendResetBack()
{
    SendReset(true);
}

void
PacketConnection::SendAck(uint32_t number, int64_t echo, uint32_t window, const PacketSack& sack)
{
    const bool hasSack = sack.count > 0;
    const uint32_t option = hasSack ? SACK_BASE + SACK_BLOCK * sack.count : 0;
    PacketSegment packet =
        MakePacket(hasSack ? PacketSegment::Kind::SACK : PacketSegment::Kind::ACK,
                   true,
                   m_options.segmentHeaderSize + option);
    packet.number = number;
    packet.marks = sack.isEcho ? PacketSegment::ECHO : 0;
    packet.stamp = static_cast<uint32_t>(echo / STAMP_UNIT);
    packet.extra = PackWindow(window, GetNow());
    if (hasSack)
    {
        PacketSack kept = sack;
        kept.window = ReadWindow(packet.extra);
        kept.clock = static_cast<uint16_t>(packet.extra >> 16);
        packet.extra = m_network.GetPool().AddSack(kept);
    }
    SendPacket(packet);
}

} // namespace murmuration
} // namespace ns3
