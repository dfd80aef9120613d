import type { Address, Coordinates } from "@convergint/schemas";

/** A site before it has an id. */
interface Place {
  readonly name: string;
  readonly code: string;
  readonly address: Address;
  readonly coordinates: Coordinates;
  readonly timezone: string;
  readonly buildings: readonly string[];
}

/** A customer account before it has an id. */
export interface Customer {
  readonly name: string;
  readonly places: readonly Place[];
}

/** Thirty buildings in total. The annex has no devices yet: an empty site is normal. */
export const CUSTOMERS: readonly Customer[] = [
  {
    name: "Lakeshore University",
    places: [
      {
        name: "Main Campus",
        code: "main",
        address: {
          street: "1200 Observatory Drive",
          city: "Madison",
          region: "WI",
          postal_code: "53706",
          country: "US",
        },
        coordinates: { latitude: 43.0757, longitude: -89.4045 },
        timezone: "America/Chicago",
        buildings: [
          "Memorial Library",
          "Chamberlin Hall",
          "Student Union",
          "Engineering Hall",
          "Kemp Auditorium",
          "Field House",
          "Law School",
          "Music Hall",
          "Observatory",
          "Administration",
          "Boathouse",
          "North Residence",
          "South Residence",
        ],
      },
      {
        name: "Research Park Denver",
        code: "den",
        address: {
          street: "8500 East 29th Place",
          city: "Denver",
          region: "CO",
          postal_code: "80238",
          country: "US",
        },
        coordinates: { latitude: 39.7581, longitude: -104.8873 },
        timezone: "America/Denver",
        buildings: ["Laser Lab", "Clean Room", "Data Hall", "Greenhouse", "Incubator", "Workshop"],
      },
      {
        name: "London Study Centre",
        code: "lon",
        address: { street: "14 Gower Mews", city: "London", postal_code: "WC1E 6HP", country: "GB" },
        coordinates: { latitude: 51.5206, longitude: -0.1311 },
        timezone: "Europe/London",
        buildings: ["Gower House", "Bedford House", "Reading Rooms", "Hostel"],
      },
      {
        name: "Lakefront Annex",
        code: "annex",
        address: {
          street: "77 Pier Road",
          city: "Madison",
          region: "WI",
          postal_code: "53703",
          country: "US",
        },
        coordinates: { latitude: 43.0812, longitude: -89.3764 },
        timezone: "America/Chicago",
        buildings: [],
      },
    ],
  },
  {
    name: "Lakeshore Health",
    places: [
      {
        name: "General Hospital",
        code: "gen",
        address: {
          street: "600 Highland Avenue",
          city: "Madison",
          region: "WI",
          postal_code: "53792",
          country: "US",
        },
        coordinates: { latitude: 43.0766, longitude: -89.4312 },
        timezone: "America/Chicago",
        buildings: ["Emergency", "Surgery", "Pharmacy", "Maternity", "Parking Structure"],
      },
      {
        name: "Harbor Clinic",
        code: "harb",
        address: {
          street: "41 Commercial Wharf",
          city: "Boston",
          region: "MA",
          postal_code: "02110",
          country: "US",
        },
        coordinates: { latitude: 42.3621, longitude: -71.0502 },
        timezone: "America/New_York",
        buildings: ["Outpatient Center", "Imaging"],
      },
    ],
  },
];
