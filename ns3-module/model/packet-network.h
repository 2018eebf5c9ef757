/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_NETWORK_H
#define MURMURATION_PACKET_NETWORK_H

#include "packet-event-heap.h"
#include "packet-queue.h"
#include "packet-segment.h"
#include "underlay.h"

#include "ns3/random-variable-stream.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Packets on the links of an underlay, on a clock of their own.
 *
 *     Send -> queue -> rate -> delay, jitter, loss -> queue -> ... -> PacketHosts::HandleArrival()
 *
 * The clock is behind that of ns-3 or equal to it: whoever acts from outside first calls
 * AdvanceTo(), and what happens in there happens at GetNow(). So nothing here costs an ns-3 event.
 *
 * Each link that transmits has one event pending, and so has each pipe that is not empty: packets
 * leave a link in order, and arrive in order. The pipe behind a link is the link's, but where paths
 * add a latency of their own (the core of a WanUnderlay), which they do behind their first link,
 * each flow has one.
 *
 * What happens at one time happens in this order: transmissions end, by number of the link; packets
 * arrive, by number of the link and then of the flow; timers expire, by their number.
 */
class PacketNetwork
{
  public:
    /** In place of a packet that does not exist. */
    static constexpr uint32_t NONE = PacketPool::NONE;

    /** The time of what does not happen. */
    static constexpr int64_t NEVER = PacketEventHeap::NEVER;

    /** @brief Those who send and receive. */
    class Hosts
    {
      public:
        virtual ~Hosts() = default;

        /**
         * @brief A packet has arrived at the end of its path.
         * @param packet the packet; to be given back to the pool
         */
        virtual void HandleArrival(uint32_t packet) = 0;

        /**
         * @brief The last segment of a buffer has left the queue at the host, or was dropped there.
         * @param flow of the segment
         * @param segments of the buffer
         */
        virtual void HandleDeparture(uint32_t flow, uint32_t segments) = 0;

        /**
         * @brief A packet is going to arrive soon, maybe: fetch from memory what that needs.
         * @param packet the packet
         */
        virtual void PrefetchArrival(const PacketSegment& packet) = 0;

        /**
         * @brief A timer expires.
         * @param timer its number
         */
        virtual void HandleTimer(uint32_t timer) = 0;
    };

    /**
     * @brief Construct the links of an underlay, as they are now.
     * @param underlay the underlay
     * @param hosts told of what arrives
     * @param headerSize of a segment: what is more in a packet of data is content
     */
    PacketNetwork(Ptr<Underlay> underlay, Hosts& hosts, uint32_t headerSize);
    ~PacketNetwork();
    PacketNetwork(const PacketNetwork&) = delete;
    PacketNetwork& operator=(const PacketNetwork&) = delete;

    /** @return where packets live */
    PacketPool& GetPool()
    {
        return m_pool;
    }

    /** @return the time in ns */
    int64_t GetNow() const
    {
        return m_now;
    }

    /** @return when something happens next; NEVER if nothing is under way and no timer runs */
    int64_t GetNextTime()
    {
        return m_events.GetNextTime();
    }

    /** @return how many events there were */
    uint64_t GetNEvents() const
    {
        return m_nEvents;
    }

    /**
     * @brief Have everything happen that happens before a time, and at it if so wished.
     * @param time the time, not before GetNow()
     * @param isInclusive whether also what happens at that time
     */
    void AdvanceTo(int64_t time, bool isInclusive);

    /**
     * @brief Add a flow: packets from one node to another one.
     * @param from the sending node
     * @param to the receiving node; the underlay must have a route
     * @return its number, counted from 0; numbers of removed flows are used again
     */
    uint32_t AddFlow(uint32_t from, uint32_t to);

    /**
     * @brief Give a flow back, of which no packet is in the network and for which no timer is set
     * that matters. The one that is given back last has its number used again first.
     * @param flow the flow
     */
    void RemoveFlow(uint32_t flow);

    /**
     * @brief How many packets of a flow are in the network, with or without content.
     * @param flow the flow
     * @return their number
     */
    uint32_t GetNPackets(uint32_t flow) const
    {
        return m_flows[flow].nPackets;
    }

    /**
     * @brief Whether a flow begins at a queue that is at the host.
     * @param flow the flow
     * @return true if it does
     */
    bool IsHeldAtHost(uint32_t flow) const;

    /**
     * @brief Send a packet: it comes to the first link of its flow.
     * @param packet the packet; its fields are set but for `hop`, `time` and `next`
     */
    void Send(uint32_t packet);

    /**
     * @brief Have a timer expire; it cannot be taken back.
     * @param timer its number
     * @param time when
     */
    void SetTimer(uint32_t timer, int64_t time);

    /**
     * @brief Take the present state of a link from the underlay. The clock must be there already.
     * @param link the link
     * @return whether what GetEarliestArrival() has said of flows over it may not hold any more,
     * whose first and last link it is not: its delay is shorter, or it is up again
     */
    bool UpdateLink(uint32_t link);

    /**
     * @brief The first and the last link of a flow: GetEarliestArrival() goes by their rates.
     * @param flow the flow
     * @return the links, which may be one
     */
    std::array<uint32_t, 2> GetEndLinks(uint32_t flow) const;

    /**
     * @brief What a packet of a flow needs at least, if it needs no time to be transmitted.
     * @param flow the flow
     * @return the delays of its links and of its path, in ns, as they are now
     */
    int64_t GetDelay(uint32_t flow) const;

    /**
     * @brief Before when so many bytes of a flow cannot have arrived.
     * @param flow the flow
     * @param bytes of content that are missing at the receiver, above 0
     * @param areAllSent whether all of them have been sent once
     * @return a time, not before GetNow(); it holds until an end link of the flow changes, or
     * another one as UpdateLink() says
     */
    int64_t GetEarliestArrival(uint32_t flow, uint64_t bytes, bool areAllSent) const;

  private:
    /** Kinds of events, in the order in which they happen at one time. */
    enum class EventKind : uint8_t
    {
        TRANSMITTED, //!< A link has transmitted a packet
        ARRIVED,     //!< The first packet of a pipe arrives
        TIMER,       //!< A timer expires
    };

    /** Packets that have left a link, in the order in which they arrive. */
    struct Pipe
    {
        PacketLine line;        //!< The packets
        int64_t lastArrival{0}; //!< When the last one that was ever in there arrives
    };

    /** A link. What every packet needs comes first. */
    struct alignas(64) Link
    {
        double bitRate;      //!< In bits per second
        int64_t busyUntil;   //!< When the current packet has left
        int64_t delay;       //!< In ns
        int64_t lastArrival; //!< Of what has left, before the latency of its path
        uint32_t current;    //!< What it transmits; NONE if it is idle
        bool isUp;           //!< Whether it begins to transmit
        bool isCable;        //!< Whether what is sent while it is down is lost
        bool isAtHost;       //!< Whether its queue is
        bool isCurrentLost;  //!< Whether the current packet was sent while it was down
        double loss;         //!< Probability
        int64_t jitter;      //!< In ns
        PacketQueue queue;   //!< Before it
        Pipe pipe;           //!< Behind it
        Ptr<UniformRandomVariable> jitterDraws; //!< Null before the first one
        Ptr<UniformRandomVariable> lossDraws;   //!< Null before the first one
    };

    /** The way of a flow, and how much of it is near its end. */
    struct alignas(64) Flow
    {
        std::array<uint32_t, 2> links; //!< The first ones
        uint32_t nLinks;               //!< How many there are, above 0
        uint32_t pathBegin;            //!< Where all of them begin in m_paths
        int64_t latency;               //!< What it adds behind its first link, in ns
        Pipe pipe;                     //!< Behind the first link, if there is such a latency
        uint32_t underWay;             //!< Bytes of content that are in the network
        uint32_t atFirstLink;          //!< Of these, have not been transmitted by its first link
        uint32_t atLastLink;           //!< Of these, have come to its last link
        uint32_t inLastPipe;           //!< Of these, have been transmitted by that one
        uint32_t nPackets;             //!< In the network, with or without content
    };

    /**
     * @brief A link of a flow.
     * @param flow the flow
     * @param hop how many are before it
     * @return the link
     */
    uint32_t GetLink(const Flow& flow, uint32_t hop) const
    {
        return hop < flow.links.size() ? flow.links[hop] : m_paths[flow.pathBegin + hop];
    }

    /**
     * @brief Find room for the links of a flow.
     * @param nLinks how many there are
     * @return where they begin in m_paths
     */
    uint32_t AllocatePath(uint32_t nLinks);

    /**
     * @brief Bytes of content of a packet.
     * @param segment the packet
     * @return bytes
     */
    uint32_t GetPayload(const PacketSegment& segment) const
    {
        return segment.kind == PacketSegment::Kind::DATA ? segment.size - m_headerSize : 0;
    }

    /**
     * @brief Push an event.
     * @param time when
     * @param kind its kind
     * @param number of what it concerns
     * @param packet the one that it concerns, so that it can be fetched ahead; else NONE
     */
    void Push(int64_t time, EventKind kind, uint32_t number, uint32_t packet = NONE);

    /**
     * @brief Fetch from memory what an event names, that is going to happen soon.
     * @param what of the event
     */
    void Prefetch(uint64_t what) const;

    /**
     * @brief Fetch from memory what else the next event needs, whose packet was fetched before.
     * @param what of the event
     */
    void PrefetchRest(uint64_t what) const;

    /**
     * @brief A packet comes to the link that is next on its path.
     * @param packet the packet
     */
    void Enqueue(uint32_t packet);

    /**
     * @brief Begin to transmit what is next, if something is and the link is up.
     * @param index the link, idle
     */
    void Start(uint32_t index);

    /**
     * @brief The current packet of a link has left.
     * @param index the link
     */
    void Complete(uint32_t index);

    /**
     * @brief Put a packet that a link has transmitted into the pipe behind it.
     * @param index the link
     * @param packet the packet
     */
    void Propagate(uint32_t index, uint32_t packet);

    /**
     * @brief The first packet of a pipe arrives at the other end.
     * @param number of the pipe
     */
    void Arrive(uint32_t number);

    /**
     * @brief A packet has come to the other end of a link.
     * @param packet the packet
     */
    void HandOver(uint32_t packet);

    /**
     * @brief Tell the sender that a packet has left its host.
     * @param segment the packet
     */
    void NoteDeparture(const PacketSegment& segment);

    /**
     * @brief Before when a link cannot have transmitted so many bytes of a flow.
     * @param link the link
     * @param flow the flow
     * @param bytes of content
     * @return a time
     */
    int64_t GetEarliestTransmission(const Link& link, uint32_t flow, uint64_t bytes) const;

    /**
     * @brief Before when so many bytes cannot have come to the last link of a flow.
     * @param number the flow
     * @param bytes of content, more than are there
     * @param areAllSent whether all of them have been sent once
     * @return a time
     */
    int64_t GetEarliestComing(uint32_t number, uint64_t bytes, bool areAllSent) const;

    /** Give back what queues have dropped. */
    void FreeDropped();

    /**
     * @brief Give a packet back that does not arrive, and count it at the link where it was lost.
     * @param packet the packet, dropped before that link or lost on it
     */
    void Lose(uint32_t packet);

    /**
     * @brief Whether chance loses a packet.
     * @param index the link
     * @return true if it does
     */
    bool DrawLoss(uint32_t index);

    /**
     * @brief What chance adds to a delay.
     * @param index the link
     * @return ns
     */
    int64_t DrawJitter(uint32_t index);

    /**
     * @brief The pipe of a number: those of links, then those of flows.
     * @param number the number
     * @return the pipe
     */
    Pipe& GetPipe(uint32_t number);

    Ptr<Underlay> m_underlay;                       //!< What links are taken from
    Hosts& m_hosts;                                 //!< Told of what arrives
    PacketPool m_pool;                              //!< Packets
    PacketEventHeap m_events;                       //!< What happens when
    uint32_t m_headerSize;                          //!< Of a segment
    int64_t m_now{0};                               //!< The time
    uint64_t m_nEvents{0};                          //!< How many events there were
    std::vector<Link> m_links;                      //!< By number in the underlay
    std::vector<Flow> m_flows;                      //!< By number
    std::vector<uint32_t> m_paths;                  //!< Links of all flows
    std::vector<uint32_t> m_freeFlows;              //!< Numbers to use again, the next one last
    std::vector<std::vector<uint32_t>> m_freePaths; //!< Where there is room in m_paths, by length
    uint32_t m_leastLinks{0};                       //!< On the shortest path of any flow
    std::vector<uint32_t> m_dropped;                //!< What queues have dropped just now
    LinkMeter* m_meter;                             //!< Of the underlay; null if it is off
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_NETWORK_H */
