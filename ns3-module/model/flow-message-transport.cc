/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "flow-message-transport.h"

#include "edge-underlay.h"
#include "enum-member-accessor.h"
#include "node-pair.h"

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationFlowMessageTransport");
NS_OBJECT_ENSURE_REGISTERED(FlowMessageTransport);

namespace
{

/**
 * What a link carries now.
 * @param link the link
 * @return bytes per second; 0 if it is down
 */
double
Capacity(const Underlay::Link& link)
{
    return link.isUp ? ReadFlowLink(link).rate : 0;
}

} // namespace

TypeId
FlowMessageTransport::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::murmuration::FlowMessageTransport")
            .SetParent<MessageTransport>()
            .SetGroupName("Murmuration")
            .AddConstructor<FlowMessageTransport>()
            .AddAttribute("SegmentSize",
                          "Payload bytes of a full segment.",
                          UintegerValue(1448),
                          MakeUintegerAccessor(&FlowMessageTransport::m_segmentSize),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("SegmentHeaderSize",
                          "Header bytes of each segment and size of an acknowledgement; by default "
                          "IPv4 20, TCP 20 and its timestamp option 12.",
                          UintegerValue(52),
                          MakeUintegerAccessor(&FlowMessageTransport::m_segmentHeaderSize),
                          MakeUintegerChecker<uint32_t>())
            .AddAttribute("InitialCwnd",
                          "Initial congestion window, in segments [RFC 6928].",
                          UintegerValue(10),
                          MakeUintegerAccessor(&FlowMessageTransport::m_initialCwnd),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("SndBufSize",
                          "Send buffer of each connection, in bytes: the largest window.",
                          UintegerValue(4 << 20),
                          MakeUintegerAccessor(&FlowMessageTransport::m_sendBuffer),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("RcvBufSize",
                          "Receive buffer of each connection, in bytes: the largest window.",
                          UintegerValue(4 << 20),
                          MakeUintegerAccessor(&FlowMessageTransport::m_receiveBuffer),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("DelAckCount",
                          "Full segments per acknowledgement.",
                          UintegerValue(2),
                          MakeUintegerAccessor(&FlowMessageTransport::m_delAckCount),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("DelAckTimeout",
                          "How long an acknowledgement waits for a second segment.",
                          TimeValue(MilliSeconds(40)),
                          MakeTimeAccessor(&FlowMessageTransport::m_delAckTimeout),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("QueueSize",
                          "Segments that wait in front of a link at most.",
                          UintegerValue(1000),
                          MakeUintegerAccessor(&FlowMessageTransport::m_queueSize),
                          MakeUintegerChecker<uint32_t>(1))
            .AddAttribute("QueueDiscipline",
                          "How queues serve what waits. Fifo: drop-tail, by which connections "
                          "share a link as they have segments under way. Fair: FqCoDel, by which "
                          "they share it equally.",
                          EnumValue(FlowMessageTransport::FIFO),
                          MakeEnumMemberAccessor(&FlowMessageTransport::m_discipline),
                          MakeEnumChecker(FlowMessageTransport::FIFO,
                                          "Fifo",
                                          FlowMessageTransport::FAIR,
                                          "Fair"));
    return tid;
}

FlowMessageTransport::FlowMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

FlowMessageTransport::~FlowMessageTransport()
{
    NS_LOG_FUNCTION(this);
}

void
FlowMessageTransport::DoDispose()
{
    NS_LOG_FUNCTION(this);
    if (m_underlay)
    {
        m_underlay->TraceDisconnectWithoutContext(
            "LinkChanged",
            MakeCallback(&FlowMessageTransport::LinkChanged, this));
    }
    m_underlay = nullptr;
    m_settle.Cancel();
    m_next.Cancel();
    MessageTransport::DoDispose();
}

void
FlowMessageTransport::SetUnderlay(Ptr<Underlay> underlay)
{
    NS_LOG_FUNCTION(this << underlay);
    m_underlay = underlay;
    m_bytesSent.assign(underlay->GetNNodes(), 0);
    m_bytesReceived.assign(underlay->GetNNodes(), 0);
    std::vector<double> capacities;
    m_links.clear();
    for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
    {
        capacities.push_back(Capacity(underlay->GetLink(link)));
        m_links.push_back(ReadFlowLink(underlay->GetLink(link)));
    }
    m_network = std::make_unique<FluidNetwork>(capacities);
    m_losses = std::make_unique<SegmentLosses>(underlay);
    m_changed.assign(capacities.size(), -1);
    m_isDown.clear();
    for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
    {
        m_isDown.push_back(!underlay->GetLink(link).isUp);
        m_nDown += m_isDown.back() ? 1 : 0;
    }
    m_seen.resize(capacities.size());
    underlay->TraceConnectWithoutContext("LinkChanged",
                                         MakeCallback(&FlowMessageTransport::LinkChanged, this));
}

void
FlowMessageTransport::SetTcpSettings(const TcpSettings& settings)
{
    TcpSettings known;
    known.initialWindow = settings.initialWindow;
    NS_ABORT_MSG_IF(!(settings == known),
                    "FlowMessageTransport::SetTcpSettings: flow knows no setting of TCP but the "
                    "initial window");
    m_initialCwnd = settings.initialWindow;
}

uint64_t
FlowMessageTransport::GetWireSize(uint64_t sizeBytes) const
{
    return GetSegmentedSize(sizeBytes, m_segmentSize, m_segmentHeaderSize);
}

uint32_t
FlowMessageTransport::FindConnection(uint32_t from, uint32_t to)
{
    const auto next = static_cast<uint32_t>(m_connections.size());
    const auto [found, isNew] = m_byPair.emplace(NodePairKey(from, to), next);
    if (isNew)
    {
        m_segment = {static_cast<double>(m_segmentSize), static_cast<double>(m_segmentHeaderSize)};
        m_delAckSeconds = m_delAckTimeout.GetSeconds();
        const double segment = m_segment.GetSize();
        m_network->SetReturnShare(m_segmentHeaderSize / (m_delAckCount * segment));
        if (!m_queues)
        {
            m_queues = std::make_unique<BurstQueues>(
                m_links,
                segment,
                m_queueSize,
                MakeCallback(&FlowMessageTransport::HandleFollowed, this));
        }
        const double buffer = std::min(m_sendBuffer, m_receiveBuffer);
        m_connections.push_back(std::make_unique<FlowConnection>(
            FlowWindow::Sizes{segment, m_initialCwnd * segment, buffer * segment / m_segmentSize}));
    }
    return found->second;
}

void
FlowMessageTransport::ReadPath(FlowConnection& connection, const Message& message) const
{
    if (!connection.path || connection.pathState != m_nChanges)
    {
        connection.path = ReadFlowPath(m_underlay, message.from, message.to, m_segment);
        connection.pathState = m_nChanges;
        connection.pathTime = SecondsNow();
    }
}

void
FlowMessageTransport::DoSend(const Message& message)
{
    NS_ABORT_MSG_IF(!m_underlay,
                    "FlowMessageTransport::Send: no underlay; call SetUnderlay() first");
    const uint32_t index = FindConnection(message.from, message.to);
    FlowConnection& connection = *m_connections[index];
    connection.waiting.push_back(message);
    if (connection.waiting.size() > 1)
    {
        return;
    }
    if (connection.isOpen)
    {
        StartMessage(index);
        return;
    }
    BeginHandshake(index);
}

void
FlowMessageTransport::BeginHandshake(uint32_t index)
{
    FlowConnection& connection = *m_connections[index];
    ReadPath(connection, connection.waiting.front());
    PassHandshake(index, 0, SecondsNow());
}

void
FlowMessageTransport::PassHandshake(uint32_t index, uint32_t hop, double began)
{
    // SYN there, SYN and ACK back: small segments, of headers alone.
    FlowConnection& connection = *m_connections[index];
    const FlowPath& path = *connection.path;
    const std::size_t nForth = path.forth.size();
    if (hop == nForth + path.back.size())
    {
        if (!LoseHandshake(index, began))
        {
            connection.handshake = SecondsNow() - began;
            connection.window.SetHandshake(connection.handshake);
            Open(index);
        }
        return;
    }
    const uint32_t link = hop < nForth ? path.forth[hop] : path.back[hop - nForth];
    if (m_nDown > 0 && !m_underlay->GetLink(link).isUp)
    {
        m_waitingAtLink.insert({link, {index, hop, began}});
        return;
    }
    const FlowLink& state = m_links[link];
    double time = m_segment.header / state.rate + state.delay;
    time += std::min(GetQueueDelay(link, hop == 0 || hop == nForth, SecondsNow()),
                     m_queueSize * m_segment.GetSize() / state.rate);
    if (hop == 0 || hop == nForth)
    {
        time += hop == 0 ? path.coreForth : path.coreBack;
    }
    Simulator::Schedule(ToTime(time),
                        &FlowMessageTransport::PassHandshake,
                        this,
                        index,
                        hop + 1,
                        began);
}

void
FlowMessageTransport::Open(uint32_t index)
{
    m_connections[index]->isOpen = true;
    StartMessage(index);
}

void
FlowMessageTransport::StartMessage(uint32_t index)
{
    FlowConnection& connection = *m_connections[index];
    const Message& message = connection.waiting.front();
    ReadPath(connection, message);
    connection.underway.push_back({message, connection.path});
    connection.underway.back().began = SecondsNow() - std::exchange(connection.handshake, 0);
    connection.flow = m_network->Start(connection.path->forth,
                                       static_cast<double>(GetWireSize(message.sizeBytes)),
                                       SecondsNow(),
                                       connection.path->back);
    connection.isSending = true;
    connection.round = FlowRound{};
    connection.round.order = m_nRounds++;
    m_byFlow.resize(std::max<std::size_t>(m_byFlow.size(), connection.flow + 1));
    m_byFlow[connection.flow] = {index, connection.path->forth.front()};
    m_beginning.push_back(index);
    ScheduleSettle();
}

void
FlowMessageTransport::FinishMessage(uint32_t index)
{
    FlowConnection& connection = *m_connections[index];
    FlowPassage& passage = connection.underway.back();
    EndRound(connection);
    connection.waiting.pop_front();
    // A round that would have begun at this very instant has nothing left to send.
    m_beginning.erase(std::remove(m_beginning.begin(), m_beginning.end(), index),
                      m_beginning.end());
    m_network->End(connection.flow, SecondsNow());
    connection.isSending = false;
    CountSent(passage);
    passage.isSent = true;
    connection.straggles = false;
    if (!passage.isFollowed || HasChanged(*passage.path, passage.followedSince))
    {
        passage.isFollowed = false;
        const FlowPath& path = *passage.path;
        ScheduleArrival(index,
                        passage,
                        std::max(SecondsNow(), passage.earliest) + path.latencyForth +
                            path.lastHops + passage.late);
    }
    Forget(connection.underway);
    if (!connection.waiting.empty())
    {
        StartMessage(index);
    }
    ScheduleSettle();
}

void
FlowMessageTransport::HandleFollowed(uint32_t index, uint64_t id)
{
    std::list<FlowPassage>& underway = m_connections[index]->underway;
    const auto found =
        std::find_if(underway.begin(), underway.end(), [id](const FlowPassage& passage) {
            return passage.message.id == id;
        });
    if (found == underway.end() || !found->isFollowed)
    {
        return;
    }
    // What the queues know of a link that has changed since is wrong. The fluid knows better.
    if (!found->isSent && HasChanged(*found->path, found->followedSince))
    {
        found->isFollowed = false;
        return;
    }
    CountSent(*found);
    ScheduleArrival(index, *found, SecondsNow() + found->late);
}

void
FlowMessageTransport::ScheduleArrival(uint32_t index, const FlowPassage& passage, double when)
{
    Time delay = ToTime(when - SecondsNow());
    for (const uint32_t link : passage.path->forth)
    {
        delay += m_underlay->DrawJitter(link);
    }
    Simulator::Schedule(delay, &FlowMessageTransport::Arrive, this, index, passage.message.id);
}

void
FlowMessageTransport::Arrive(uint32_t index, uint64_t id)
{
    std::list<FlowPassage>& underway = m_connections[index]->underway;
    for (FlowPassage& passage : underway)
    {
        passage.isThere |= passage.message.id == id;
    }
    // Neither jitter nor the order of bursts changes the order of messages.
    std::vector<Message> arrived;
    for (FlowPassage& passage : underway)
    {
        if (!passage.isThere)
        {
            break;
        }
        if (!passage.isDelivered)
        {
            passage.isDelivered = true;
            arrived.push_back(passage.message);
        }
    }
    Forget(underway);
    for (const Message& message : arrived)
    {
        Deliver(message);
    }
}

void
FlowMessageTransport::Forget(std::list<FlowPassage>& underway)
{
    while (!underway.empty() && underway.front().isDelivered && underway.front().isSent)
    {
        underway.pop_front();
    }
}

void
FlowMessageTransport::CountSent(FlowPassage& passage)
{
    if (!passage.isCounted)
    {
        passage.isCounted = true;
        m_bytesSent.at(passage.message.from) += GetWireSize(passage.message.sizeBytes);
    }
}

void
FlowMessageTransport::Deliver(const Message& message)
{
    // A message is counted whole, as sent when its last byte has left and as received now; its
    // acknowledgements are counted now.
    const uint64_t payload = message.sizeBytes + GetFrameHeaderSize();
    const uint64_t segments = (payload + m_segmentSize - 1) / m_segmentSize;
    const uint64_t acknowledged =
        (segments + m_delAckCount - 1) / m_delAckCount * m_segmentHeaderSize;
    m_bytesReceived.at(message.to) += GetWireSize(message.sizeBytes);
    m_bytesSent.at(message.to) += acknowledged;
    m_bytesReceived.at(message.from) += acknowledged;
    NotifyDelivered(message);
}

bool
FlowMessageTransport::AreUp(const std::vector<uint32_t>& links) const
{
    return std::all_of(links.begin(), links.end(), [this](uint32_t link) {
        return m_underlay->GetLink(link).isUp;
    });
}

bool
FlowMessageTransport::HasChanged(const FlowPath& path, double since) const
{
    return std::any_of(path.forth.begin(), path.forth.end(), [this, since](uint32_t link) {
        return m_changed[link] >= since;
    });
}

void
FlowMessageTransport::ScheduleSettle()
{
    if (m_settle.IsExpired())
    {
        m_settle = Simulator::ScheduleNow(&FlowMessageTransport::Settle, this);
    }
}

void
FlowMessageTransport::Settle()
{
    const double now = SecondsNow();
    BeginRounds();
    m_network->Settle(now);
    ++m_look;
    Measure();
    for (const uint32_t index : m_beginning)
    {
        ScheduleNextRound(*m_connections[index]);
    }
    m_beginning.clear();
    m_network->Reschedule();
    const double next = m_network->GetNextTime();
    if (next < m_nextTime)
    {
        Simulator::Remove(m_next);
        m_nextTime = next;
        m_next = Simulator::Schedule(NanoSeconds(std::llround(std::ceil((next - now) * 1e9))),
                                     &FlowMessageTransport::HandleEvents,
                                     this);
    }
}

void
FlowMessageTransport::Measure()
{
    LinkMeter* const meter = m_underlay->GetMeter();
    if (!meter)
    {
        return;
    }
    const MaxMinSolver& solver = m_network->GetSolver();
    for (const uint32_t link : solver.GetWorkedLinks())
    {
        const double rate = solver.GetUse(link) + solver.GetTaken(link);
        const double capacity = solver.GetCapacity(link);
        meter->SetFlow(link, rate, capacity > 0 ? rate / capacity : 0);
    }
}

void
FlowMessageTransport::HandleEvents()
{
    m_nextTime = FluidNetwork::NEVER;
    FluidNetwork::Event event{};
    while (m_network->TakeEvent(SecondsNow(), event))
    {
        const uint32_t index = m_byFlow[event.flow].connection;
        if (event.isFinished)
        {
            FinishMessage(index);
        }
        else
        {
            EndRound(*m_connections[index]);
            m_beginning.push_back(index);
        }
    }
    if (m_settle.IsExpired())
    {
        Settle();
    }
}

void
FlowMessageTransport::LinkChanged(uint32_t link)
{
    const Underlay::Link& state = m_underlay->GetLink(link);
    const bool isSlower = Capacity(state) < m_network->GetSolver().GetCapacity(link);
    // Point to point, what is under way is lost with the link.
    const bool isCutting = DynamicCast<EdgeUnderlay>(m_underlay) != nullptr;
    ++m_nChanges;
    m_network->SetCapacity(link, Capacity(state));
    m_links[link] = ReadFlowLink(state);
    m_changed[link] = SecondsNow();
    if (state.isUp == m_isDown[link])
    {
        m_isDown[link] = !state.isUp;
        m_nDown += state.isUp ? -1 : 1;
    }
    // Whose segments or acknowledgements it carries has another round-trip time now.
    const auto rearm = [this](uint32_t flow) { Rearm(m_byFlow[flow].connection); };
    m_network->GetSolver().ForEachFlow(link, [&](uint32_t flow) {
        rearm(flow);
        if (!state.isUp && isCutting)
        {
            CountDoubtful(*m_connections[m_byFlow[flow].connection], Doubt::CUT);
        }
        if (isSlower)
        {
            Retard(*m_connections[m_byFlow[flow].connection], link);
        }
    });
    if (const uint32_t opposite = m_underlay->GetOpposite(link); opposite != Underlay::NO_LINK)
    {
        m_network->GetSolver().ForEachFlow(opposite, rearm);
    }
    for (const uint32_t index : m_stalled)
    {
        m_connections[index]->isStalled = false;
        Rearm(index);
    }
    m_stalled.clear();
    if (state.isUp)
    {
        ResumeHandshakes(link);
    }
    ScheduleSettle();
}

void
FlowMessageTransport::ResumeHandshakes(uint32_t link)
{
    const auto [first, last] = m_waitingAtLink.equal_range(link);
    for (auto waiting = first; waiting != last; ++waiting)
    {
        const auto& [index, hop, began] = waiting->second;
        Simulator::ScheduleNow(&FlowMessageTransport::PassHandshake, this, index, hop, began);
    }
    m_waitingAtLink.erase(first, last);
}

uint64_t
FlowMessageTransport::GetBytesSent(uint32_t node) const
{
    return m_bytesSent.at(node);
}

uint64_t
FlowMessageTransport::GetBytesReceived(uint32_t node) const
{
    return m_bytesReceived.at(node);
}

uint64_t
FlowMessageTransport::GetNDoubtful() const
{
    return std::accumulate(m_doubts.begin(), m_doubts.end(), uint64_t{0});
}

std::map<std::string, uint64_t>
FlowMessageTransport::GetDoubts() const
{
    static const std::array<const char*, static_cast<std::size_t>(Doubt::N)>
        NAMES{"", "full_queue", "late_acknowledgement", "codel", "meeting_bursts", "cut_link"};
    std::map<std::string, uint64_t> doubts;
    for (std::size_t doubt = 0; doubt < m_doubts.size(); ++doubt)
    {
        if (m_doubts[doubt] > 0)
        {
            doubts[NAMES[doubt]] = m_doubts[doubt];
        }
    }
    return doubts;
}

} // namespace murmuration
} // namespace ns3
