import "reflect-metadata";
import { createWebhookHandler } from "@convergint/webhooks/node";
import type { INestApplication } from "@nestjs/common";
import { Body, Controller, Module, Post } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { readSecrets, storeEvent } from "./service.ts";

// A service has these as decorators. Node runs this file by stripping its types, and decorators are more than types.
class NotesController {
  note(body: unknown) {
    return { noted: body };
  }
}
const note = Object.getOwnPropertyDescriptor(NotesController.prototype, "note") as PropertyDescriptor;
Controller("notes")(NotesController);
Post()(NotesController.prototype, "note", note);
Body()(NotesController.prototype, "note", 0);

class AppModule {}
Module({ controllers: [NotesController] })(AppModule);

/** A NestJS service. Middleware that is added here runs before Nest's own body parser, so the body is still unread. */
export async function createApp(): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule, { logger: ["error"] });
  app.use("/webhooks/vendor", createWebhookHandler({ keys: readSecrets(), onWebhook: storeEvent }));
  return app;
}
