/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#include "transport-helper.h"

#include "edge-links-helper.h"
#include "wan-helper.h"

#include "ns3/abort.h"
#include "ns3/flow-message-transport.h"
#include "ns3/ideal-message-transport.h"
#include "ns3/log.h"
#include "ns3/packet-message-transport.h"
#include "ns3/point-to-point-net-device.h"
#include "ns3/tcp-demux.h"
#include "ns3/tcp-message-transport.h"

namespace ns3
{
namespace murmuration
{

NS_LOG_COMPONENT_DEFINE("MurmurationTransportHelper");

namespace
{

/**
 * Tell a transport what it travels over.
 * @tparam T its type, which has SetUnderlay()
 * @param transport of that type
 * @param underlay what it travels over
 */
template <typename T>
void
Connect(Ptr<MessageTransport> transport, Ptr<Underlay> underlay)
{
    DynamicCast<T>(transport)->SetUnderlay(underlay);
}

/**
 * Let TCP hold its segments back where the queue of an uplink is at the host.
 * @param nodes nodes with TCP, in the order of the underlay
 * @param underlay a WanUnderlay or a RoutedUnderlay
 */
template <typename U>
void
HoldBackAtHosts(const NodeContainer& nodes, Ptr<U> underlay)
{
    for (uint32_t index = 0; index < nodes.GetN(); ++index)
    {
        const uint32_t link = underlay->GetUplink(index);
        if (link != Underlay::NO_LINK &&
            underlay->GetQueue(link).place == LinkQueue::Place::AT_HOST)
        {
            const Ptr<Node> node = nodes.Get(index);
            const auto device = DynamicCast<WanNetDevice>(node->GetDevice(node->GetNDevices() - 1));
            NS_LOG_LOGIC("TCP of node " << index << " heeds the queue of its uplink");
            TcpDemux::InstallOn(node)->HoldBack(device, device->GetUpQueue());
        }
    }
}

/**
 * The same for point-to-point links.
 * @param nodes nodes with TCP, in the order of the underlay
 * @param underlay the links
 */
void
HoldBackAtHosts(const NodeContainer& nodes, Ptr<EdgeUnderlay> underlay)
{
    std::vector<uint32_t> nSeen(nodes.GetN(), 1); // the first device of each is the loopback
    for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
    {
        const EdgeUnderlay::Edge& edge = underlay->GetEdge(link / 2);
        const uint32_t index = link % 2 == 0 ? edge.first : edge.second;
        const Ptr<Node> node = nodes.Get(index);
        const auto device = DynamicCast<PointToPointNetDevice>(node->GetDevice(nSeen[index]++));
        if (underlay->GetQueue(link).place == LinkQueue::Place::AT_HOST)
        {
            NS_LOG_LOGIC("TCP of node " << index << " heeds the queue of link " << link);
            TcpDemux::InstallOn(node)->HoldBack(device, device->GetQueue());
        }
    }
}

/**
 * Make the nodes that an underlay describes, and have a transport use them.
 * @param any a TcpMessageTransport
 * @param underlay one of those that the helpers know
 */
void
ConnectTcp(Ptr<MessageTransport> any, Ptr<Underlay> underlay)
{
    const auto transport = DynamicCast<TcpMessageTransport>(any);
    const auto byNumber = [](uint32_t /* from */, uint32_t to) {
        return WanHelper::GetAddress(to);
    };
    if (const auto wan = DynamicCast<WanUnderlay>(underlay))
    {
        transport->SetNodes(WanHelper().CreateNodes(wan), byNumber);
        HoldBackAtHosts(transport->GetNodes(), wan);
        return;
    }
    if (const auto routed = DynamicCast<RoutedUnderlay>(underlay))
    {
        transport->SetNodes(WanHelper().CreateNodes(routed), byNumber);
        HoldBackAtHosts(transport->GetNodes(), routed);
        return;
    }
    if (const auto edges = DynamicCast<EdgeUnderlay>(underlay))
    {
        transport->SetNodes(EdgeLinksHelper().CreateNodes(edges),
                            [edges](uint32_t from, uint32_t to) {
                                return EdgeLinksHelper::GetAddress(edges, from, to);
                            });
        HoldBackAtHosts(transport->GetNodes(), edges);
        return;
    }
    NS_ABORT_MSG(
        "TransportHelper::Create: tcp cannot be built over "
        << underlay->GetInstanceTypeId().GetName()
        << ", allowed WanUnderlay, RoutedUnderlay, EdgeUnderlay; over other networks, call "
           "TcpMessageTransport::SetNodes()");
}

std::string
FindUnknownToIdeal(const LinkQueue& queue, const TcpSettings& settings)
{
    if (!(queue == LinkQueue{}))
    {
        return "knows no queues";
    }
    return settings == TcpSettings{} ? "" : "knows no TCP";
}

std::string
FindUnknownToFlow(const LinkQueue& queue, const TcpSettings& settings)
{
    if (queue.discipline == LinkQueue::Discipline::CODEL)
    {
        return "knows no CoDel for all connections together";
    }
    TcpSettings known;
    known.initialWindow = settings.initialWindow;
    return settings == known ? "" : "knows no setting of TCP but the initial window";
}

std::string
FindUnknownToPacket(const LinkQueue& /* queue */, const TcpSettings& /* settings */)
{
    return "";
}

std::string
FindUnknownToTcp(const LinkQueue& /* queue */, const TcpSettings& settings)
{
    return settings.ecn ? "knows no ECN" : "";
}

/** A name, the type that it stands for, how that is made to work, and what it knows. */
struct Fidelity
{
    const char* name;                                      //!< As the user writes it
    TypeId (*getTypeId)();                                 //!< The transport's
    void (*connect)(Ptr<MessageTransport>, Ptr<Underlay>); //!< Has it travel over an underlay
    /** Says what it does not know; empty if nothing. */
    std::string (*findUnknown)(const LinkQueue&, const TcpSettings&);
};

/** Every fidelity there is: a further one is a further line. */
constexpr Fidelity FIDELITIES[] = {
    {"ideal", IdealMessageTransport::GetTypeId, Connect<IdealMessageTransport>, FindUnknownToIdeal},
    {"flow", FlowMessageTransport::GetTypeId, Connect<FlowMessageTransport>, FindUnknownToFlow},
    {"packet",
     PacketMessageTransport::GetTypeId,
     Connect<PacketMessageTransport>,
     FindUnknownToPacket},
    {"tcp", TcpMessageTransport::GetTypeId, ConnectTcp, FindUnknownToTcp},
};

/**
 * Look up the fidelity that a type is of: its own, or that of a parent.
 * @param type of a transport
 * @return the fidelity; nullptr if it is of none
 */
const Fidelity*
FindByType(TypeId type)
{
    for (const Fidelity& fidelity : FIDELITIES)
    {
        if (type == fidelity.getTypeId() || type.IsChildOf(fidelity.getTypeId()))
        {
            return &fidelity;
        }
    }
    return nullptr;
}

/**
 * Look up a fidelity; abort if there is none of that name.
 * @param where the method that was called
 * @param name its name
 * @return the fidelity
 */
const Fidelity&
Find(const char* where, const std::string& name)
{
    const Fidelity* found = nullptr;
    std::string allowed;
    for (const Fidelity& fidelity : FIDELITIES)
    {
        found = name == fidelity.name ? &fidelity : found;
        allowed += (allowed.empty() ? "" : ", ") + std::string(fidelity.name);
    }
    NS_ABORT_MSG_IF(found == nullptr,
                    "TransportHelper::" << where << ": unknown fidelity, got \"" << name
                                        << "\", allowed " << allowed);
    return *found;
}

} // namespace

TransportHelper::TransportHelper()
    : TransportHelper(PacketMessageTransport::GetTypeId().GetName())
{
}

TransportHelper::TransportHelper(const std::string& type)
{
    SetTypeId(type);
}

void
TransportHelper::SetTypeId(TypeId type)
{
    NS_LOG_FUNCTION(this << type);
    std::string allowed;
    for (const Fidelity& fidelity : FIDELITIES)
    {
        allowed += (allowed.empty() ? "" : ", ") + fidelity.getTypeId().GetName();
    }
    NS_ABORT_MSG_IF(FindByType(type) == nullptr,
                    "TransportHelper::SetTypeId: "
                        << type.GetName() << " is no transport that this helper knows, allowed "
                        << allowed << ", and types derived from these");
    m_factory = ObjectFactory();
    m_factory.SetTypeId(type);
}

void
TransportHelper::SetTypeId(const std::string& type)
{
    TypeId found;
    NS_ABORT_MSG_IF(!TypeId::LookupByNameFailSafe(type, &found),
                    "TransportHelper::SetTypeId: unknown type, got \"" << type << "\"");
    SetTypeId(found);
}

void
TransportHelper::SetAttribute(const std::string& name, const AttributeValue& value)
{
    NS_LOG_FUNCTION(this << name);
    m_factory.Set(name, value);
}

Ptr<MessageTransport>
TransportHelper::Create(Ptr<Underlay> underlay) const
{
    NS_LOG_FUNCTION(this << underlay);
    const Fidelity& fidelity = *FindByType(m_factory.GetTypeId());
    for (uint32_t link = 0; link < underlay->GetNLinks(); ++link)
    {
        const std::string unknown = fidelity.findUnknown(underlay->GetQueue(link), {});
        NS_ABORT_MSG_IF(!unknown.empty(),
                        "TransportHelper::Create: " << fidelity.name << " " << unknown << "; "
                                                    << underlay->GetLinkName(link)
                                                    << " has another");
    }
    const auto transport = m_factory.Create<MessageTransport>();
    fidelity.connect(transport, underlay);
    return transport;
}

Ptr<MessageTransport>
TransportHelper::Create(const std::string& fidelity, Ptr<Underlay> underlay)
{
    NS_LOG_FUNCTION(fidelity << underlay);
    TransportHelper helper;
    helper.SetTypeId(Find("Create", fidelity).getTypeId());
    return helper.Create(underlay);
}

TypeId
TransportHelper::GetTypeIdOf(const std::string& fidelity)
{
    return Find("GetTypeIdOf", fidelity).getTypeId();
}

std::string
TransportHelper::FindUnknown(const std::string& fidelity, const LinkQueue& queue)
{
    return Find("FindUnknown", fidelity).findUnknown(queue, {});
}

std::string
TransportHelper::FindUnknown(const std::string& fidelity, const TcpSettings& settings)
{
    return Find("FindUnknown", fidelity).findUnknown({}, settings);
}

const std::vector<std::string>&
TransportHelper::GetFidelities()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& fidelity : FIDELITIES)
        {
            all.emplace_back(fidelity.name);
        }
        return all;
    }();
    return names;
}

} // namespace murmuration
} // namespace ns3
