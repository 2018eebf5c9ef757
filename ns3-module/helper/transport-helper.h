/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_TRANSPORT_HELPER_H
#define MURMURATION_TRANSPORT_HELPER_H

#include "ns3/attribute.h"
#include "ns3/message-transport.h"
#include "ns3/object-factory.h"
#include "ns3/type-id.h"
#include "ns3/underlay.h"

#include <string>
#include <vector>

/**
 * @defgroup murmuration Murmuration
 *
 * Messages of a given size between the nodes of a network, in simulated time, at a chosen fidelity:
 * underlays, message transports, and devices, channels and helpers of the packet level.
 */

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Makes message transports over an underlay: by their type, as other helpers do, or by the
 * name of a fidelity.
 *
 *     TransportHelper helper("ns3::murmuration::FlowMessageTransport");
 *     helper.SetAttribute("IdleTimeout", TimeValue(Seconds(30)));
 *     Ptr<MessageTransport> transport = helper.Create(underlay);
 *
 * Attributes can be set on the transport afterwards, too, before the first Send().
 */
class TransportHelper
{
  public:
    /** Make a helper of transports of type ns3::murmuration::PacketMessageTransport. */
    TransportHelper();

    /**
     * @brief Make a helper of transports of a type.
     * @param type its name, such as "ns3::murmuration::TcpMessageTransport"
     */
    explicit TransportHelper(const std::string& type);

    /**
     * @brief Choose the type: that of a fidelity, or one derived from it. Aborts if it is none.
     * @param type its TypeId
     */
    void SetTypeId(TypeId type);

    /**
     * @brief Choose the type by name. Aborts if there is none of that name, or if it is no
     * transport.
     * @param type such as "ns3::murmuration::TcpMessageTransport"
     */
    void SetTypeId(const std::string& type);

    /**
     * @brief Set an attribute of the transports that will be made. Aborts if the type has none of
     * that name; so choose the type first.
     * @param name of the attribute
     * @param value of it
     */
    void SetAttribute(const std::string& name, const AttributeValue& value);

    /**
     * @brief Make a transport of the type, with the attributes; with a packet-level type, also the
     * nodes, devices and channels that the underlay describes. Aborts if it does not know a queue
     * of the underlay.
     * @param underlay what the messages travel over
     * @return the transport
     */
    Ptr<MessageTransport> Create(Ptr<Underlay> underlay) const;

    /**
     * @brief Make a transport; with a packet-level fidelity, also the nodes, devices and channels
     * that the underlay describes. Aborts if the fidelity is none of GetFidelities(), or if it does
     * not know a queue of the underlay.
     * @param fidelity its name
     * @param underlay what the messages travel over
     * @return the transport
     */
    static Ptr<MessageTransport> Create(const std::string& fidelity, Ptr<Underlay> underlay);

    /**
     * @brief Say what a fidelity does not know of a queue; it would be ignored, and must not be.
     * @param fidelity its name
     * @param queue a queue that an underlay may have
     * @return one clause, such as "knows no queues"; empty if it knows it
     */
    static std::string FindUnknown(const std::string& fidelity, const LinkQueue& queue);

    /**
     * @brief Say what a fidelity does not know of TCP; MessageTransport::SetTcpSettings() aborts.
     * @param fidelity its name
     * @param settings the settings
     * @return one clause, such as "knows no TCP"; empty if it knows all
     */
    static std::string FindUnknown(const std::string& fidelity, const TcpSettings& settings);

    /** @return the names that Create() knows */
    static const std::vector<std::string>& GetFidelities();

    /**
     * @brief Get the type that a fidelity's name stands for; it is what SetTypeId() takes.
     * @param fidelity its name
     * @return its TypeId
     */
    static TypeId GetTypeIdOf(const std::string& fidelity);

  private:
    ObjectFactory m_factory; //!< Of the transports
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TRANSPORT_HELPER_H */
